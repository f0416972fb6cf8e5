UPDATE run SET state = ?2, step = ?3, execution_id = ?4, started_ms = ?5, ended_ms = ?6, first_offset = ?7, last_offset = ?8,
               message_id = ?9
WHERE id = ?1;
