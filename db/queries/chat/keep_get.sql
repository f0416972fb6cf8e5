-- A bound that an admin has set for the place: keep_ms, keep_messages, keep_bytes
SELECT CAST(value AS INTEGER) FROM setting WHERE name = ?1;
