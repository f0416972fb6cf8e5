-- Of who is in it already the earlier time counts. What they think of it comes with an earlier time alone: so a second run changes nothing
INSERT INTO member (room_id, user_id, role, since_ms, read_offset, muted, favourite) VALUES (?1, ?2, ?3, ?4, 0, ?5, ?6)
ON CONFLICT (room_id, user_id) DO UPDATE SET
    muted = iif(excluded.since_ms < since_ms, max(muted, excluded.muted), muted),
    favourite = iif(excluded.since_ms < since_ms, max(favourite, excluded.favourite), favourite),
    since_ms = min(since_ms, excluded.since_ms);
