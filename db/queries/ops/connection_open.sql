-- A connection was authenticated
INSERT INTO connection (id, user_id, client, address, transport, since_ms, tab) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)
ON CONFLICT DO NOTHING;
