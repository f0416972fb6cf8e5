SELECT id, files <> '' FROM message WHERE room_id = ?1 AND offset <= ?2 ORDER BY offset LIMIT 1;
