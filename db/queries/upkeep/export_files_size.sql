-- The bytes of the files of room ?1, or of all (0)
SELECT coalesce(sum(size), 0) FROM file WHERE message_id IS NOT NULL AND sha256 <> '' AND (?1 = 0 OR room_id = ?1);
