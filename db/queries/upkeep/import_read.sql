UPDATE member SET read_offset = max(read_offset, ?3) WHERE room_id = ?1 AND user_id = ?2;
