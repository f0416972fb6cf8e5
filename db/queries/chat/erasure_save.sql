UPDATE erasure SET stage = ?2, room_id = ?3, offset = ?4, changed = ?5, done = ?6 WHERE user_id = ?1;
