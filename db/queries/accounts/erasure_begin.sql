-- Of user ?1; ?2: keep or delete. Asked again it begins anew; what they are and were called, a line each, is known only the first time
INSERT INTO erasure (user_id, messages, name, display, asked_by, asked_ms, total)
VALUES (?1, ?2, ?3, ?4 || coalesce((SELECT char(10) || group_concat(display, char(10)) FROM former_display WHERE user_id = ?1), ''), ?5, ?6, (SELECT 2 * coalesce(sum(top), 0) FROM room))
ON CONFLICT (user_id) DO UPDATE SET messages = excluded.messages, asked_by = excluded.asked_by, asked_ms = excluded.asked_ms,
    ended_ms = 0, stage = 0, room_id = 0, offset = 0, changed = 0, done = 0, total = excluded.total;
