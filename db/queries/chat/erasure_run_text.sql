-- What ?2 asked agents in room ?1
UPDATE run SET text = '' WHERE room_id = ?1 AND started_by = ?2 AND text <> '';
