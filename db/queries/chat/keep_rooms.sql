-- The next rooms with their bounds
SELECT id, keep_ms, keep_messages FROM room WHERE id > ?1 ORDER BY id LIMIT ?2;
