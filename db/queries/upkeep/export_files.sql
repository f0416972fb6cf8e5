-- The files of a message, in the order in which it tells of them
SELECT f.name, f.type, f.size, f.sha256, f.width, f.height, f.blob
FROM message m, json_each(iif(json_valid(m.files), m.files, '[]')) j JOIN file f ON f.id = CAST(j.value ->> '$.id' AS INTEGER)
WHERE m.id = ?1 AND f.message_id = m.id AND f.sha256 <> ''
ORDER BY j.key;
