INSERT OR IGNORE INTO mention (user_id, room_id, offset, message_offset) VALUES (?1, ?2, ?3, ?4);
