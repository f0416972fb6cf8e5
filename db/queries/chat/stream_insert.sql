INSERT INTO stream (room_id, offset, time_ms, data) VALUES (?1, ?2, ?3, ?4);
