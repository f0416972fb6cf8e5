-- The same of the newest ?4 that ?1 finds in any room: the subquery is walked as it is made, in its order
SELECT m.id, m.room_id, m.offset, m.text, m.created_ms, m.key, m.reply_to, m.run_id, u.id, u.name, u.display, u.role,
       m.deleted_by, m.edited_ms, m.reactions, m.files
FROM (SELECT rowid AS id FROM message_text WHERE message_text MATCH ?1 AND rowid <= ?3 ORDER BY rowid DESC LIMIT ?4) subquery
  CROSS JOIN message m ON m.id = subquery.id
  CROSS JOIN member x ON x.room_id = m.room_id AND x.user_id = ?2
  CROSS JOIN user u ON u.id = m.author_id;
