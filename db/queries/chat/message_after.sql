SELECT m.id, m.room_id, m.offset, m.text, m.created_ms, m.key, m.reply_to, m.run_id, u.id, u.name, u.display, u.role,
       m.deleted_by, m.edited_ms, m.reactions, m.files
FROM message m JOIN user u ON u.id = m.author_id
WHERE m.room_id = ?1 AND m.offset > ?2 ORDER BY m.offset LIMIT ?3;
