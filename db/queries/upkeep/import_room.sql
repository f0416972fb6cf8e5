-- The same of a room
SELECT r.id FROM setting s JOIN room r ON r.id = CAST(s.value AS INTEGER) WHERE s.name = ?1;
