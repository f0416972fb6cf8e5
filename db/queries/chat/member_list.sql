SELECT u.id, u.name, u.display, u.role, m.role, m.since_ms, u.seen_ms
FROM member m JOIN user u ON u.id = m.user_id
WHERE m.room_id = ?1 ORDER BY m.user_id LIMIT 3000;
