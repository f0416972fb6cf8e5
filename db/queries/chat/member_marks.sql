SELECT user_id, read_offset FROM member WHERE room_id = ?1;
