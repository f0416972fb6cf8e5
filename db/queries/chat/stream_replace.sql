UPDATE stream SET data = ?3 WHERE room_id = ?1 AND offset = ?2;
