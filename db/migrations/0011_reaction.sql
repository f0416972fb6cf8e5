-- 0011: reactions to messages.
-- Why:   a sign of one's own below somebody's message, instead of a message.
-- Size:  60 bytes a reaction and its two index entries; in the row of its message what all of them come to, some 30 bytes an emoji
--        and 5 a person.
-- Reads: of a message, when one is added or taken away; of a user, when they are erased. Pages, searches and exports read
--        message.reactions, which is written in the same transaction and costs them nothing.

CREATE TABLE reaction (
    id         INTEGER PRIMARY KEY, -- the order in which they came
    message_id INTEGER NOT NULL REFERENCES message (id) ON DELETE CASCADE,
    emoji      TEXT    NOT NULL,
    user_id    INTEGER NOT NULL REFERENCES user (id),
    created_ms INTEGER NOT NULL
) STRICT;
CREATE UNIQUE INDEX reaction_message ON reaction (message_id, emoji, user_id);
CREATE INDEX reaction_user ON reaction (user_id);
ALTER TABLE message ADD COLUMN reactions TEXT NOT NULL DEFAULT ''; -- [{"emoji": .., "users": [..]}], or '': none
PRAGMA user_version = 11;
