INSERT INTO reaction (message_id, emoji, user_id, created_ms) VALUES (?1, ?2, ?3, ?4) ON CONFLICT DO NOTHING;
