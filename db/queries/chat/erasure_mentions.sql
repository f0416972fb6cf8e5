DELETE FROM mention WHERE (user_id, room_id, offset) IN
    (SELECT user_id, room_id, offset FROM mention WHERE user_id = ?1 LIMIT ?2);
