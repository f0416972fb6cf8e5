SELECT last_ms, top FROM room WHERE id = ?1;
