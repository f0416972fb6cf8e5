-- Whether message ?1 has its run
SELECT 1 FROM run WHERE reply_to = ?1 AND reply_to > 0 LIMIT 1;
