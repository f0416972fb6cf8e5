-- By id or name, the second without regard to ASCII case; a conversation of two has no name that anybody would know
SELECT id FROM room WHERE id = ?1 OR (?1 = 0 AND name = ?2 COLLATE NOCASE AND direct_b = 0) LIMIT 2;
