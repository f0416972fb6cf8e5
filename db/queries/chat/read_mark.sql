-- Forward only, and never above the top
UPDATE member SET read_offset = min(?3, (SELECT top FROM room WHERE id = ?1))
WHERE room_id = ?1 AND user_id = ?2
  AND read_offset < min(?3, (SELECT top FROM room WHERE id = ?1));
