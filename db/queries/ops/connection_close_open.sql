-- Rows that a crash left open, at the next start
UPDATE connection SET closed_ms = max(?1, since_ms), code = 3001, reason = 'server stopped', closed_by = 'server'
WHERE closed_ms = 0;
