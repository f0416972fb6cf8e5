-- A connection was authenticated; nothing is noted of who was erased
INSERT INTO connection (id, user_id, client, address, transport, since_ms, tab)
SELECT ?1, (SELECT id FROM user WHERE id = ?2), ?3, ?4, ?5, ?6, ?7 WHERE NOT EXISTS (SELECT 1 FROM erasure WHERE user_id = ?2)
ON CONFLICT DO NOTHING;
