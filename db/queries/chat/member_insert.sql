INSERT INTO member (room_id, user_id, role, since_ms, read_offset) VALUES (?1, ?2, ?3, ?4, ?5);
