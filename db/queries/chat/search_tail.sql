-- The few rows above the watermark, newest first; their words are looked at by the caller
SELECT m.id, m.room_id, m.offset, m.text, m.created_ms, m.key, m.reply_to, m.run_id, u.id, u.name, u.display, u.role
FROM message m
  CROSS JOIN member x ON x.room_id = m.room_id AND x.user_id = ?2
  CROSS JOIN user u ON u.id = m.author_id
WHERE m.id > ?1 AND (?3 = 0 OR (m.room_id = ?3 AND m.offset < ?4))
ORDER BY m.id DESC;
