-- The rows of the tail, above ?1, newest first; their words are looked at by the caller
SELECT m.id, m.room_id, coalesce((SELECT d.display FROM user d WHERE r.direct_b > 0 AND d.id = r.direct_a + r.direct_b - ?2), r.name),
       m.offset, u.display, m.text, r.direct_a, m.files
FROM message m
  CROSS JOIN member x ON x.room_id = m.room_id AND x.user_id = ?2
  CROSS JOIN room r ON r.id = m.room_id AND (r.private = 0 OR r.id = ?3)
  CROSS JOIN user u ON u.id = m.author_id AND u.role <> 'agent'
WHERE m.id > ?1
ORDER BY m.id DESC;
