-- The open connection ?1 ended; if its tab is connected anew already, it was back at once
UPDATE connection SET
    client = ?3, closed_ms = ?8, rtt_ms = ?9, bytes_in = ?10, bytes_out = ?11, frames_in = ?12, frames_out = ?13,
    queue_peak_bytes = ?14, code = ?15, reason = ?16, closed_by = ?17,
    back_ms = coalesce((SELECT max(1, n.since_ms - ?8) FROM connection n
                        WHERE n.user_id = ?2 AND n.closed_ms = 0 AND ?7 <> '' AND n.tab = ?7 AND n.id <> ?1 AND n.since_ms >= ?6
                        ORDER BY n.since_ms LIMIT 1), 0)
WHERE id = ?1 AND closed_ms = 0;
