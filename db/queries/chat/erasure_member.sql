SELECT room_id, role FROM member WHERE user_id = ?1 ORDER BY room_id LIMIT 1;
