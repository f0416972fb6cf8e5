SELECT count(*) FILTER (WHERE state = 'running'), count(*) FILTER (WHERE state = 'queued')
FROM run INDEXED BY run_open WHERE state IN ('queued', 'running') AND room_id = ?1;
