-- Whether some were never sent and are older than ?1
SELECT EXISTS (SELECT 1 FROM file WHERE message_id IS NULL AND created_ms < ?1);
