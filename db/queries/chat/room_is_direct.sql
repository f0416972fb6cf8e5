SELECT direct_b > 0 FROM room WHERE id = ?1;
