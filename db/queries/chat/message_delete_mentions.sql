DELETE FROM mention WHERE room_id = ?1 AND message_offset = ?2;
