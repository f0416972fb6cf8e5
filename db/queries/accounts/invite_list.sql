SELECT i.id, i.uses, i.used, i.expires_ms, u.id, u.name, u.display, u.role
FROM invite i JOIN user u ON u.id = i.created_by
WHERE i.expires_ms > ?1 ORDER BY i.id DESC LIMIT 500;
