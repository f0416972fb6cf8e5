INSERT OR IGNORE INTO mention (user_id, room_id, offset) VALUES (?1, ?2, ?3);
