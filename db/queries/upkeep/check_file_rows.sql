-- The files that are whole, with what their bytes are to be; ?1: after which one
SELECT id, blob, size, name, sha256 FROM file WHERE id > ?1 AND sha256 <> '' ORDER BY id LIMIT ?2;
