-- Who has no password (imported, or added without one) gets the first; an agent never has one
UPDATE user SET password = ?2, role = iif(?3 = 'admin', 'admin', role)
WHERE id = ?1 AND password = '' AND role <> 'agent';
