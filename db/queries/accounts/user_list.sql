-- ?1: after this id, ?2: one more than the page; with what is known of who was erased
SELECT u.id, u.name, u.display, u.role, u.active, u.created_ms, u.seen_ms, e.messages, e.asked_ms, e.ended_ms
FROM user u LEFT JOIN erasure e ON e.user_id = u.id WHERE u.id > ?1 ORDER BY u.id LIMIT ?2;
