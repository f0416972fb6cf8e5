DELETE FROM stream WHERE room_id = ?1 AND offset <= ?2;
