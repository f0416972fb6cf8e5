-- Somebody who came erased is called by the number that they have here
UPDATE user SET name = '-' || id, active = 0 WHERE id = ?1;
