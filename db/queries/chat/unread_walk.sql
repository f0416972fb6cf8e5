-- Whose messages are in room ?1 above ?2, newest first: read from the index alone
SELECT offset, author_id FROM message WHERE room_id = ?1 AND offset > ?2 ORDER BY offset DESC;
