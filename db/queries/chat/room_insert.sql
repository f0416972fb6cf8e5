INSERT INTO room (name, topic, private, created_ms, created_by, epoch) VALUES (?1, ?2, ?3, ?4, ?5, ?6);
