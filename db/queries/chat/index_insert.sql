INSERT INTO message_text (rowid, text) SELECT id, text FROM message WHERE id > ?1 AND id <= ?2;
