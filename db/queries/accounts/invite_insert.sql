INSERT INTO invite (secret_hash, uses, created_by, created_ms, expires_ms) VALUES (?1, ?2, ?3, ?4, ?5);
