-- The conversation of ?1 and ?2, the smaller one first
SELECT id FROM room WHERE direct_a = ?1 AND direct_b = ?2 AND direct_b > 0;
