INSERT INTO user (name, display, role, password, created_ms) VALUES (?1, ?2, ?3, ?4, ?5);
