-- ?7, ?8: the two of a conversation, the smaller id first; NULL: a room like others
INSERT INTO room (name, topic, private, created_ms, created_by, epoch, direct_a, direct_b)
VALUES (?1, ?2, ?3, ?4, ?5, ?6, coalesce(?7, 0), coalesce(?8, 0));
