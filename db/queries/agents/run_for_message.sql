-- Whether message ?2 of room ?1, written at ?3, has its run; the hour allows for a clock that was set back meanwhile
SELECT 1 FROM run WHERE room_id = ?1 AND created_ms >= ?3 - 3600000 AND reply_to = ?2 LIMIT 1;
