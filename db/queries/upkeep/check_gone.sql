-- Bytes that wait for who removes them: never those of a file, and they do not become many
SELECT printf('The bytes of file %d are to be removed as if it had been deleted.', f.id)
FROM file_gone g JOIN file f ON f.blob = g.blob
UNION ALL
SELECT printf('The bytes of %d files that were deleted have not gone.', count(*)) FROM file_gone HAVING count(*) > 10000
LIMIT ?1;
