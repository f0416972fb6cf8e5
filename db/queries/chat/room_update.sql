-- NULL: stays
UPDATE room SET name = coalesce(?2, name), topic = coalesce(?3, topic), private = coalesce(?4, private)
WHERE id = ?1;
