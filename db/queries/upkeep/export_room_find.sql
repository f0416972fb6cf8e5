-- By id or name, the second without regard to ASCII case
SELECT id FROM room WHERE id = ?1 OR (?1 = 0 AND name = ?2 COLLATE NOCASE) LIMIT 2;
