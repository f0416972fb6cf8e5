-- NULL: stays
UPDATE room SET name = coalesce(?2, name), topic = coalesce(?3, topic), private = coalesce(?4, private),
                keep_ms = coalesce(?5, keep_ms), keep_messages = coalesce(?6, keep_messages)
WHERE id = ?1;
