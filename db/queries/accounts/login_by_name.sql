SELECT id, password FROM user WHERE name = ?1 AND active = 1;
