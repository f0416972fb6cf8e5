SELECT s.id, s.user_id, s.expires_ms, s.stay, s.seen_ms, u.name, u.display, u.role, u.active, u.created_ms
FROM session s JOIN user u ON u.id = s.user_id
WHERE s.secret_hash = ?1;
