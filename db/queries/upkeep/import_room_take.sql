-- A room without messages becomes the one that is imported
UPDATE room SET topic = ?2, created_ms = ?3, created_by = ?4
WHERE id = ?1 AND NOT EXISTS (SELECT 1 FROM message m WHERE m.room_id = ?1);
