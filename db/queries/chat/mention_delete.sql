DELETE FROM mention WHERE user_id = ?1 AND room_id = ?2 AND message_offset = ?3;
