INSERT INTO message (room_id, offset, author_id, text, created_ms, key, reply_to, run_id, edited_ms, files)
VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10);
