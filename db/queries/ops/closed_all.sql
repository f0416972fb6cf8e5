-- Connections that ended from ?1 to ?2, of one code or any (0), the newest first
SELECT c.id, c.user_id, c.client, c.address, c.transport, c.since_ms, c.closed_ms, c.rtt_ms, c.bytes_in, c.bytes_out,
       c.frames_in, c.frames_out, c.queue_peak_bytes, c.code, c.reason, c.closed_by, c.back_ms, c.recovered, c.tab,
       u.id, u.name, u.display, u.role
FROM connection c LEFT JOIN user u ON u.id = c.user_id
WHERE c.closed_ms BETWEEN ?1 AND ?2 AND (?3 = 0 OR c.code = ?3)
ORDER BY c.closed_ms DESC, c.rowid DESC LIMIT ?4;
