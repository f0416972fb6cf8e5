SELECT 1 FROM message WHERE id = ?1 AND room_id = ?2;
