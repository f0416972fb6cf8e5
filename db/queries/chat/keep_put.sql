INSERT INTO setting (name, value) VALUES (?1, CAST(?2 AS TEXT)) ON CONFLICT (name) DO UPDATE SET value = excluded.value;
