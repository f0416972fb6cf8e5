-- Whether message ?1 is there and says what it said when it was sent
SELECT count(*) FROM message WHERE id = ?1 AND edited_ms = 0 AND deleted_by = '';
