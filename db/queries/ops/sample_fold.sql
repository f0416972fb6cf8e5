-- A sample into the step it falls in: 0 the last value, 1 the sum, 2 the largest
INSERT INTO sample (step_s, name, time_ms, value) VALUES (?1, ?2, ?3, ?4)
ON CONFLICT (step_s, name, time_ms) DO UPDATE SET
    value = CASE ?5 WHEN 0 THEN excluded.value WHEN 1 THEN value + excluded.value ELSE max(value, excluded.value) END;
