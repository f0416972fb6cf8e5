UPDATE run SET message_id = ?3 WHERE id = ?1 AND room_id = ?2 AND message_id = 0;
