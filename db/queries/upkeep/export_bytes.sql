-- Files that were sent in room ?1, or in all (0), after file ?2
SELECT id, size, blob, sha256 FROM file
WHERE id > ?2 AND message_id IS NOT NULL AND sha256 <> '' AND (?1 = 0 OR room_id = ?1)
ORDER BY id LIMIT ?3;
