-- Of user ?1 in session ?2. A browser has one address, whoever uses it: the last one counts. ?6: now
INSERT INTO push_subscription (user_id, session_id, endpoint, p256dh, auth, created_ms, told_ms)
VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?6)
ON CONFLICT (endpoint) DO UPDATE SET user_id = excluded.user_id, session_id = excluded.session_id, p256dh = excluded.p256dh,
    auth = excluded.auth, told_ms = excluded.told_ms;
