-- A message that comes back to the place where it was written
SELECT id FROM message WHERE id = ?1 AND created_ms = ?2 AND key = ?3;
