INSERT INTO file (author_id, key, blob, name, size, created_ms) VALUES (?1, ?2, ?3, ?4, ?5, ?6);
