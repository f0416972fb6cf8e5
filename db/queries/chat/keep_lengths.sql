-- How long the oldest messages of all rooms are, in bytes, and their files
SELECT length(CAST(text AS BLOB)), iif(files = '', 0, (SELECT coalesce(sum(size), 0) FROM file WHERE message_id = message.id))
FROM message WHERE id > 0 ORDER BY id;
