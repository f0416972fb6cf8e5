-- 0014: what people were called before.
-- Why:   a person may call themselves something else. What agents found names people by what they were called then, so who is
--        erased is looked for by all of it.
-- Size:  40 bytes a change, at most 20 a person.
-- Reads: when somebody calls themselves something else, and when somebody is erased.

CREATE TABLE former_display (
    user_id  INTEGER NOT NULL REFERENCES user (id) ON DELETE CASCADE,
    display  TEXT    NOT NULL,
    until_ms INTEGER NOT NULL,
    PRIMARY KEY (user_id, display)
) STRICT, WITHOUT ROWID;
PRAGMA user_version = 14;
