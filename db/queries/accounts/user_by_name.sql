SELECT id, name, display, role, active, created_ms, seen_ms FROM user WHERE name = ?1;
