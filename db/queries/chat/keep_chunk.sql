-- Where the next ?3 events of room ?1 up to ?2 end
SELECT max(offset) FROM (SELECT offset FROM stream WHERE room_id = ?1 AND offset <= ?2 ORDER BY offset LIMIT ?3);
