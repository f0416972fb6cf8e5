-- Somebody who was here already: since the earlier of both times
UPDATE user SET created_ms = min(created_ms, ?2), seen_ms = max(seen_ms, ?3) WHERE id = ?1;
