-- Somebody who was called so, as long as it goes on
SELECT user_id FROM erasure INDEXED BY erasure_open WHERE ended_ms = 0 AND name = ?1 ORDER BY user_id LIMIT 1;
