SELECT code, count(*) FROM connection WHERE user_id = ?3 AND closed_ms BETWEEN ?1 AND ?2 GROUP BY code;
