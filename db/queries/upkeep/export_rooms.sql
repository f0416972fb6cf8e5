SELECT r.id, r.created_ms, r.name, r.topic, r.private, u.name, r.top
FROM room r JOIN user u ON u.id = r.created_by
WHERE (?1 = 0 OR r.id = ?1) AND r.id > ?2 ORDER BY r.id LIMIT 1;
