-- 0003: messages that were deleted by hand.
-- Why:   the row stays, so that offsets, replies and reading marks keep their meaning; its text is gone.
-- Size:  a byte a message.
-- Reads: with each message.

-- Not IN (...): SQLite would make a table of three values for each message that is stored.
ALTER TABLE message ADD COLUMN deleted_by TEXT NOT NULL DEFAULT ''
    CHECK (deleted_by = '' OR deleted_by = 'author' OR deleted_by = 'owner');
INSERT INTO setting (name, value) VALUES ('search_purge', '0'); -- when the index was to forget words for good, ms; 0: it has
PRAGMA user_version = 3;
