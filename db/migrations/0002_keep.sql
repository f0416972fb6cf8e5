-- 0002: how long messages are kept.
-- Why:   a place that goes on for years has bounds by age, count and size; who keeps less in a room says so there.
-- Size:  three numbers a room; an index entry of some 20 bytes a mention.
-- Reads: trimmed by each recovery (what is at or below it is gone), the two bounds by the plan of what goes next.

ALTER TABLE room ADD COLUMN trimmed INTEGER NOT NULL DEFAULT 0;       -- events up to this offset are gone
ALTER TABLE room ADD COLUMN keep_ms INTEGER NOT NULL DEFAULT 0;       -- of its owner; 0: as the place does
ALTER TABLE room ADD COLUMN keep_messages INTEGER NOT NULL DEFAULT 0; -- the same
CREATE INDEX mention_room ON mention (room_id, offset);

-- A key outlives its message: what is sent again with it has the first result, and is not posted anew because that one is gone.
CREATE TABLE send_key_2 (
    author_id  INTEGER NOT NULL,
    key        TEXT    NOT NULL,
    message_id INTEGER NOT NULL,
    offset     INTEGER NOT NULL,
    created_ms INTEGER NOT NULL, -- of the message
    PRIMARY KEY (author_id, key)
) STRICT, WITHOUT ROWID;
INSERT INTO send_key_2
SELECT k.author_id, k.key, k.message_id, m.offset, m.created_ms FROM send_key k JOIN message m ON m.id = k.message_id;
DROP TABLE send_key;
ALTER TABLE send_key_2 RENAME TO send_key;
CREATE INDEX send_key_age ON send_key (created_ms);
PRAGMA user_version = 2;
