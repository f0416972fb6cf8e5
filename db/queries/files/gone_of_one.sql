INSERT OR IGNORE INTO file_gone (blob) SELECT blob FROM file WHERE id = ?1;
