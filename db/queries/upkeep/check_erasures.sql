-- None goes on for an hour
SELECT printf('The erasure of user %d, asked for on %s, has not ended.', user_id, strftime('%Y-%m-%d', asked_ms / 1000, 'unixepoch'))
FROM erasure WHERE ended_ms = 0 AND asked_ms < (unixepoch() - 3600) * 1000 LIMIT ?1;
