DELETE FROM sample WHERE (step_s, name, time_ms) IN
    (SELECT step_s, name, time_ms FROM sample WHERE step_s = ?1 AND time_ms < ?2 LIMIT ?3);
