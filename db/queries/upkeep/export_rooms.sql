-- The two of a conversation by their names, in their order; NULL: a room like others
SELECT r.id, r.created_ms, r.name, r.topic, r.private, u.name, r.top, min(a.name, b.name), max(a.name, b.name)
FROM room r JOIN user u ON u.id = r.created_by
  LEFT JOIN user a ON r.direct_b > 0 AND a.id = r.direct_a
  LEFT JOIN user b ON r.direct_b > 0 AND b.id = r.direct_b
WHERE (?1 = 0 OR r.id = ?1) AND r.id > ?2 ORDER BY r.id LIMIT 1;
