-- 0012: conversations of two.
-- Why:   a word to one person. It is a private room of two, which nobody leaves and nobody joins; there is one for each two.
-- Size:  two numbers a room, an index entry for each conversation.
-- Reads: by the two, when somebody wants to write to somebody; with each room of a person, for how the other one is called.

ALTER TABLE room ADD COLUMN direct_a INTEGER NOT NULL DEFAULT 0; -- the smaller id of the two; 0: a room like others
ALTER TABLE room ADD COLUMN direct_b INTEGER NOT NULL DEFAULT 0; -- the larger one
CREATE UNIQUE INDEX room_direct ON room (direct_a, direct_b) WHERE direct_b > 0;
PRAGMA user_version = 12;
