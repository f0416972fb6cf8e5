-- How long the oldest messages of all rooms are, in bytes
SELECT length(CAST(text AS BLOB)) FROM message WHERE id > 0 ORDER BY id;
