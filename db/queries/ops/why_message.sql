-- A message of room ?1 at offset ?2, if there is one, and what is gone of the room
SELECT m.created_ms, m.author_id, r.trimmed FROM room r LEFT JOIN message m ON m.room_id = r.id AND m.offset = ?2 WHERE r.id = ?1;
