-- What member ?2 of room ?1 thinks of it; NULL: as before
UPDATE member SET muted = coalesce(?3, muted), favourite = coalesce(?4, favourite) WHERE room_id = ?1 AND user_id = ?2
RETURNING muted, favourite;
