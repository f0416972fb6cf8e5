-- Not of people who are erased: theirs are about to go
SELECT u.name, m.role, m.since_ms, m.muted, m.favourite FROM member m JOIN user u ON u.id = m.user_id
WHERE m.room_id = ?1 AND NOT EXISTS (SELECT 1 FROM erasure e WHERE e.user_id = m.user_id)
ORDER BY m.since_ms, m.user_id;
