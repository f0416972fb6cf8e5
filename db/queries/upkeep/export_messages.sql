-- What was deleted by hand stays here, and what is to be deleted with its author
SELECT m.offset, m.id, m.created_ms, u.name, m.text, m.key, m.run_id, r.id, r.created_ms, m.edited_ms, m.reactions <> '', m.files <> ''
FROM message m JOIN user u ON u.id = m.author_id LEFT JOIN message r ON r.id = m.reply_to AND m.reply_to > 0 AND r.deleted_by = ''
WHERE m.room_id = ?1 AND m.deleted_by = ''
  AND NOT EXISTS (SELECT 1 FROM erasure e WHERE e.user_id = m.author_id AND e.messages = 'delete')
ORDER BY m.offset;
