SELECT time_ms, value FROM sample WHERE step_s = ?1 AND name = ?2 AND time_ms BETWEEN ?3 AND ?4 ORDER BY time_ms;
