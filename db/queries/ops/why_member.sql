SELECT since_ms, read_offset FROM member WHERE room_id = ?1 AND user_id = ?2;
