-- The newest if there are very many
SELECT time_ms, text FROM (SELECT time_ms, text, rowid AS n FROM mark WHERE time_ms BETWEEN ?1 AND ?2
                           ORDER BY time_ms DESC, n DESC LIMIT 200) ORDER BY time_ms, n;
