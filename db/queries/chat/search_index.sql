-- Newest first out of the index: what ?1 finds in the rooms of ?2, from id ?3 down
SELECT m.id, m.room_id, m.offset, m.text, m.created_ms, m.key, m.reply_to, m.run_id, u.id, u.name, u.display, u.role,
       m.deleted_by, m.edited_ms, m.reactions, m.files
FROM message_text t
  CROSS JOIN message m ON m.id = t.rowid
  CROSS JOIN member x ON x.room_id = m.room_id AND x.user_id = ?2
  CROSS JOIN user u ON u.id = m.author_id
WHERE t.message_text MATCH ?1 AND t.rowid <= ?3
ORDER BY t.rowid DESC;
