-- The value of one name; no row: never set.
SELECT value FROM setting WHERE name = ?1
