SELECT blob FROM file_gone ORDER BY blob LIMIT ?1;
