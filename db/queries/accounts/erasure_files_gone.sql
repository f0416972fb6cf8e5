-- The bytes of what ?1 has not sent
INSERT OR IGNORE INTO file_gone (blob) SELECT blob FROM file WHERE author_id = ?1 AND message_id IS NULL;
