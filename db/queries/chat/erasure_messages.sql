-- Messages of ?4 in room ?1, the first ?5 above ?2 and up to ?3: found in the index alone
SELECT m.id, m.offset, m.deleted_by <> '', m.edit_offset FROM message m
WHERE m.room_id = ?1 AND m.offset > ?2 AND m.offset <= ?3 AND m.author_id = ?4 ORDER BY m.offset LIMIT ?5;
