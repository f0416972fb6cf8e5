-- The files of room ?1, newest first, below id ?2
SELECT f.id, f.author_id, f.blob, f.name, f.size, f.type, f.width, f.height, f.sha256, f.created_ms, f.room_id, f.message_id,
       m.offset, m.created_ms, u.id, u.name, u.display, u.role
FROM file f
  CROSS JOIN message m ON m.id = f.message_id
  CROSS JOIN user u ON u.id = f.author_id
WHERE f.room_id = ?1 AND f.room_id > 0 AND f.id < ?2 ORDER BY f.id DESC LIMIT ?3;
