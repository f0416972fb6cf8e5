-- The bytes of the files that are whole
SELECT coalesce(sum(size), 0) FROM file WHERE sha256 <> '';
