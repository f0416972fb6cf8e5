-- After the watermark is set to ?2
INSERT INTO message_text (rowid, text, facts) SELECT id, text, facts FROM message_indexed WHERE id > ?1 AND id <= ?2;
