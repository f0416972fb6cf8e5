SELECT code, count(*) FROM connection WHERE closed_ms BETWEEN ?1 AND ?2 GROUP BY code;
