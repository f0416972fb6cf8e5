-- The name of a place that nobody has set up yet
UPDATE setting SET value = ?1
WHERE name = 'place' AND value = 'Snug' AND NOT EXISTS (SELECT 1 FROM user WHERE role = 'admin');
