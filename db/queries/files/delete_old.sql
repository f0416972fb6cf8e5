DELETE FROM file WHERE id IN (SELECT id FROM file WHERE message_id IS NULL AND created_ms < ?1 ORDER BY created_ms, id LIMIT ?2);
