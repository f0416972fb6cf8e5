-- What messages tell of their files, and the files
SELECT printf('What message %d tells of its files cannot be read.', m.id)
FROM message m WHERE m.files <> '' AND NOT json_valid(m.files)
UNION ALL
SELECT printf('Message %d tells of file %s, which is not there, not whole, or of another message.', m.id, coalesce(j.value ->> '$.id', '?'))
FROM message m, json_each(iif(json_valid(m.files), m.files, '[]')) j
WHERE m.files <> ''
  AND NOT EXISTS (SELECT 1 FROM file f WHERE f.id = CAST(j.value ->> '$.id' AS INTEGER) AND f.message_id = m.id
                  AND f.room_id = m.room_id AND f.sha256 <> '' AND f.name = j.value ->> '$.name' AND f.size = j.value ->> '$.size')
UNION ALL
SELECT printf('File %d is of message %d, which does not tell of it.', f.id, f.message_id)
FROM file f JOIN message m ON m.id = f.message_id
WHERE NOT EXISTS (SELECT 1 FROM json_each(iif(json_valid(m.files), m.files, '[]')) j
                  WHERE CAST(j.value ->> '$.id' AS INTEGER) = f.id)
LIMIT ?1;
