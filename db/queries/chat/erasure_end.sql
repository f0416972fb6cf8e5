-- What they were called is known no more
UPDATE erasure SET ended_ms = ?2, name = '', display = '', done = total WHERE user_id = ?1;
