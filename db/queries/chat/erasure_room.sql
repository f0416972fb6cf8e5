-- The room ?1, or the one after it
SELECT id, top, trimmed FROM room WHERE id >= ?1 ORDER BY id LIMIT 1;
