INSERT INTO member (room_id, user_id, role, since_ms, read_offset) VALUES (?1, ?2, ?3, ?4, 0)
ON CONFLICT (room_id, user_id) DO UPDATE SET since_ms = min(since_ms, excluded.since_ms);
