-- Two of one display: neither is meant, they have to use their names.
SELECT id, password FROM user WHERE display = ?1 COLLATE NOCASE AND active = 1 LIMIT 2;
