-- Newest first out of the index; ?3: up to the watermark; ?4: a room or 0; ?5: below this offset of it
SELECT m.id, m.room_id, m.offset, m.text, m.created_ms, m.key, m.reply_to, m.run_id, u.id, u.name, u.display, u.role
FROM message_text t
  CROSS JOIN message m ON m.id = t.rowid
  CROSS JOIN member x ON x.room_id = m.room_id AND x.user_id = ?2
  CROSS JOIN user u ON u.id = m.author_id
WHERE t.message_text MATCH ?1 AND t.rowid <= ?3 AND (?4 = 0 OR (m.room_id = ?4 AND m.offset < ?5))
ORDER BY t.rowid DESC LIMIT ?6;
