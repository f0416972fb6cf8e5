SELECT user_id FROM member WHERE room_id = ?1;
