-- Puts message ?1 into the index, if the watermark has passed it
INSERT INTO message_text (rowid, text, facts) SELECT id, text, facts FROM message_indexed WHERE id = ?1;
