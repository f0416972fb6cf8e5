SELECT offset, time_ms, data FROM stream WHERE room_id = ?1 AND offset > ?2 ORDER BY offset LIMIT ?3;
