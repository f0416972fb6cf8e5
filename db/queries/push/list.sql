-- Those of user ?1 whose session has not ended at ?2, the newest first
SELECT p.endpoint, s.client, p.created_ms, p.told_ms, p.sent_ms, p.failed_ms, p.session_id
FROM push_subscription p JOIN session s ON s.id = p.session_id
WHERE p.user_id = ?1 AND s.expires_ms > ?2 ORDER BY p.id DESC;
