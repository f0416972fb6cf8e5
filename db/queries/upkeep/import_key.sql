INSERT OR IGNORE INTO send_key (author_id, key, message_id, offset, created_ms) VALUES (?1, ?2, ?3, ?4, ?5);
