-- Who owns a room that has lost its last owner: the person who has been there longest; none: it has one, or nobody is left
SELECT m.user_id FROM member m JOIN user u ON u.id = m.user_id
WHERE m.room_id = ?1 AND u.role <> 'agent'
  AND NOT EXISTS (SELECT 1 FROM member o WHERE o.room_id = ?1 AND o.role = 'owner')
ORDER BY m.since_ms, m.user_id LIMIT 1;
