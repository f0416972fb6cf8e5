SELECT u.id, u.display, u.role, m.role, u.seen_ms
FROM member m JOIN user u ON u.id = m.user_id
WHERE m.room_id = ?1 ORDER BY u.display COLLATE NOCASE, u.id LIMIT ?2;
