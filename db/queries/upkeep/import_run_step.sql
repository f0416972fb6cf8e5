UPDATE run SET first_offset = iif(first_offset = 0, ?2, first_offset), last_offset = ?2 WHERE id = ?1;
