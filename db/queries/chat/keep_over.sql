-- The newest message of room ?1 that is over ?2 of them: read from the index alone
SELECT offset FROM message WHERE room_id = ?1 ORDER BY offset DESC LIMIT 1 OFFSET ?2;
