-- ?1: after this id, ?2: one more than the page
SELECT id, name, display, role, active, created_ms, seen_ms FROM user WHERE id > ?1 ORDER BY id LIMIT ?2;
