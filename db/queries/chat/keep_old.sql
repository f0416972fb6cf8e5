-- The first messages of a room, until one that is young enough
SELECT offset, created_ms FROM message WHERE room_id = ?1 ORDER BY offset LIMIT ?2;
