-- ?2: now; ?3: how long a session without stay lives after its last use
UPDATE session
SET seen_ms = max(seen_ms, ?2), expires_ms = CASE WHEN stay THEN expires_ms ELSE max(expires_ms, ?2 + ?3) END
WHERE id = ?1 AND expires_ms > ?2;
