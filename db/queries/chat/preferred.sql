SELECT muted, favourite FROM member WHERE room_id = ?1 AND user_id = ?2;
