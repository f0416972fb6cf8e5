-- A person of the source ?1 ("import slack user U1"), who is still there
SELECT u.id, u.name, u.display, u.role, u.active, u.created_ms, u.seen_ms
FROM setting s JOIN user u ON u.id = CAST(s.value AS INTEGER) WHERE s.name = ?1;
