INSERT INTO session (user_id, secret_hash, client, address, stay, created_ms, seen_ms, expires_ms)
VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?6, ?7);
