-- Takes message ?1 out of the index, if it is in
INSERT INTO message_text (message_text, rowid, text, facts) SELECT 'delete', id, text, facts FROM message_indexed WHERE id = ?1;
