-- The oldest messages of all rooms
SELECT room_id, offset FROM message WHERE id > 0 ORDER BY id LIMIT ?1;
