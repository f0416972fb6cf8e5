-- Nobody can be called so: no name begins with a dash
UPDATE user SET name = '-' || id, display = ?2, role = 'member', password = '', active = 0, seen_ms = 0 WHERE id = ?1;
