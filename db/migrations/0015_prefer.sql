-- 0015: rooms that somebody has muted, and favourites.
-- Why:   with many rooms not all are worth the same: one's own choice, in one's own membership. It goes with it.
-- Size:  two bytes a member.
-- Reads: with the list of one's rooms.

ALTER TABLE member ADD COLUMN muted INTEGER NOT NULL DEFAULT 0 CHECK (muted IN (0, 1));
ALTER TABLE member ADD COLUMN favourite INTEGER NOT NULL DEFAULT 0 CHECK (favourite IN (0, 1));
PRAGMA user_version = 15;
