SELECT u.name, m.role, m.since_ms FROM member m JOIN user u ON u.id = m.user_id
WHERE m.room_id = ?1 ORDER BY m.since_ms, m.user_id;
