-- Newest first out of the index, up to the watermark ?2, in what ?3 may read and room ?4 may be told: that room and the open
-- rooms ?3 is in. Not what agents said
SELECT m.id, m.room_id, coalesce((SELECT d.display FROM user d WHERE r.direct_b > 0 AND d.id = r.direct_a + r.direct_b - ?3), r.name),
       m.offset, u.display, m.text, r.direct_a, m.files
FROM message_text t
  CROSS JOIN message m ON m.id = t.rowid
  CROSS JOIN member x ON x.room_id = m.room_id AND x.user_id = ?3
  CROSS JOIN room r ON r.id = m.room_id AND (r.private = 0 OR r.id = ?4)
  CROSS JOIN user u ON u.id = m.author_id AND u.role <> 'agent'
WHERE t.message_text MATCH ?1 AND t.rowid <= ?2
ORDER BY t.rowid DESC;
