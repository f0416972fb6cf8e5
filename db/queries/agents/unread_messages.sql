-- The newest of room ?1 after the mark ?2, not by ?3
SELECT m.id, m.offset, m.text, u.display, m.files
FROM message m JOIN user u ON u.id = m.author_id
WHERE m.room_id = ?1 AND m.offset > ?2 AND m.author_id <> ?3
ORDER BY m.offset DESC LIMIT ?4;
