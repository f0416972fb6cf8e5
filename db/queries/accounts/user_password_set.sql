-- ?3: what it was when it was compared; NULL: whatever it is. An agent never has one
UPDATE user SET password = ?2 WHERE id = ?1 AND active = 1 AND role <> 'agent' AND password = coalesce(?3, password);
