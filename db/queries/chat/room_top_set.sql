-- ?3: the time of its newest message, or 0
UPDATE room SET top = ?2, last_ms = max(last_ms, ?3) WHERE id = ?1;
