UPDATE file SET room_id = ?2, message_id = ?3 WHERE id = ?1;
