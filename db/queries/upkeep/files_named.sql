-- The files that are whole, as a copy needs them; ?1: after which one
SELECT id, blob, size, name FROM file WHERE id > ?1 AND sha256 <> '' ORDER BY id LIMIT ?2;
