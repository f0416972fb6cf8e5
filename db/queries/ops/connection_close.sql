-- The open connection ?1 ended
UPDATE connection SET
    client = ?3, closed_ms = ?8, rtt_ms = ?9, bytes_in = ?10, bytes_out = ?11, frames_in = ?12, frames_out = ?13,
    queue_peak_bytes = ?14, code = ?15, reason = ?16, closed_by = ?17, back_ms = ?18
WHERE id = ?1 AND closed_ms = 0;
