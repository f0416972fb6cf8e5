-- Everybody, or who has to do with room ?1. No passwords, no sessions
SELECT name, display, role, active, created_ms, seen_ms, EXISTS (SELECT 1 FROM erasure e WHERE e.user_id = u.id) FROM user u
WHERE ?1 = 0
   OR id IN (SELECT user_id FROM member WHERE room_id = ?1)
   OR id IN (SELECT author_id FROM message WHERE room_id = ?1)
   OR id IN (SELECT created_by FROM room WHERE id = ?1)
   OR id IN (SELECT direct_a FROM room WHERE id = ?1 UNION ALL SELECT direct_b FROM room WHERE id = ?1)
   OR id IN (SELECT agent_id FROM run WHERE room_id = ?1)
   OR id IN (SELECT started_by FROM run WHERE room_id = ?1)
   OR id IN (SELECT r.user_id FROM message m JOIN reaction r ON r.message_id = m.id WHERE m.room_id = ?1)
ORDER BY id;
