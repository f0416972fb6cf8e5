-- How much there is to write, about: events of room ?1, or of all rooms (0)
SELECT coalesce(sum(top), 0) FROM room WHERE ?1 = 0 OR id = ?1;
