-- A connection that has no row ended: as connection_close does it
INSERT INTO connection (id, user_id, client, address, transport, since_ms, tab, closed_ms, rtt_ms, bytes_in, bytes_out,
                        frames_in, frames_out, queue_peak_bytes, code, reason, closed_by, back_ms)
VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18);
