-- The two of a room, the smaller id first; 0: a room like others
SELECT direct_a, direct_b FROM room WHERE id = ?1;
