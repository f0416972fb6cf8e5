-- 0007: people who were erased.
-- Why:   what a person has left is in many places; a row says what was asked and how far it is, so that it goes on after a stop.
-- Size:  100 bytes for each of them, kept: it says that it was done, and no name.
-- Reads: the first that has not ended, at the start and after each step; by user, with the list of people and when a connection
--        is noted; the sum of the stages, by agents: what they read before may name somebody who is gone.

CREATE TABLE erasure (
    user_id  INTEGER PRIMARY KEY NOT NULL REFERENCES user (id),
    messages TEXT    NOT NULL CHECK (messages IN ('keep', 'delete')),
    name     TEXT    NOT NULL, -- what they were called, as long as it goes on; then ''
    display  TEXT    NOT NULL,
    asked_by INTEGER NOT NULL, -- a user; 0: the command line
    asked_ms INTEGER NOT NULL,
    ended_ms INTEGER NOT NULL DEFAULT 0, -- 0: it goes on
    stage    INTEGER NOT NULL DEFAULT 0, -- where it goes on: app/chat/erasure.c
    room_id  INTEGER NOT NULL DEFAULT 0, -- in a stage that walks through the rooms
    offset   INTEGER NOT NULL DEFAULT 0,
    changed  INTEGER NOT NULL DEFAULT 0, -- events of that room that are other than before
    done     INTEGER NOT NULL DEFAULT 0, -- events that were looked at, of about
    total    INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE INDEX erasure_open ON erasure (user_id) WHERE ended_ms = 0;
PRAGMA user_version = 7;
