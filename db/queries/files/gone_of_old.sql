INSERT OR IGNORE INTO file_gone (blob)
SELECT blob FROM file WHERE message_id IS NULL AND created_ms < ?1 ORDER BY created_ms, id LIMIT ?2;
