-- 0013: files.
-- Why:   a picture, a log, a document, sent with a message or as one. The bytes are beside the database, in the data folder, below
--        files/; each file has a name there of its own, which nobody chooses and nothing is ever written to again once it is whole.
-- Size:  200 bytes a file; in the row of its message some 100.
-- Reads: by id, when it is sent and when it is fetched; of a message, when that goes; of a room, newest first; of an author, what
--        still comes. Pages, searches and exports read message.files, which is written in the same transaction and costs them nothing.

CREATE TABLE file (
    id         INTEGER PRIMARY KEY AUTOINCREMENT,
    author_id  INTEGER NOT NULL REFERENCES user (id),
    key        TEXT    NOT NULL, -- the author's own, of the upload: asking again goes on with the same row
    blob       TEXT    NOT NULL UNIQUE CHECK (length(blob) = 32), -- its name on disk: 128 random bits, hex
    name       TEXT    NOT NULL CHECK (length(name) BETWEEN 1 AND 200), -- as its author calls it
    size       INTEGER NOT NULL CHECK (size >= 0),
    type       TEXT    NOT NULL DEFAULT '', -- found in its bytes, as in Content-Type
    width      INTEGER NOT NULL DEFAULT 0,  -- of a picture as it is to be shown; 0: it is none
    height     INTEGER NOT NULL DEFAULT 0,
    sha256     TEXT    NOT NULL DEFAULT '', -- hex; '': not all of it has come yet
    created_ms INTEGER NOT NULL,
    room_id    INTEGER NOT NULL DEFAULT 0,  -- of its message
    message_id INTEGER REFERENCES message (id) -- NULL: not sent yet; without CASCADE: who deletes a message sees to its files
) STRICT;
CREATE UNIQUE INDEX file_key ON file (author_id, key);
CREATE INDEX file_message ON file (message_id) WHERE message_id IS NOT NULL;
CREATE INDEX file_room ON file (room_id, id) WHERE room_id > 0;
CREATE INDEX file_unsent ON file (author_id) WHERE message_id IS NULL; -- of which a person may have a few
CREATE INDEX file_size ON file (size); -- what all of them come to
CREATE INDEX file_loose ON file (created_ms) WHERE message_id IS NULL; -- what was begun and never sent goes after a day

-- Names on disk of which no row is left: written where the row is deleted, in the same transaction; deleted when the bytes are.
CREATE TABLE file_gone (
    blob TEXT PRIMARY KEY NOT NULL
) STRICT, WITHOUT ROWID;

ALTER TABLE message ADD COLUMN files TEXT NOT NULL DEFAULT ''; -- [{"id", "name", "type", "size", "width"?, "height"?}], or '': none

-- The names of a message's files are words of it, a line each below its text; "hf": it has some (app/chat/facts.h). They are read from
-- their rows: the index may ask a view for no JSON. What is in the index has none: it is as it was, and is not made anew.
DROP VIEW message_indexed;
CREATE VIEW message_indexed AS
SELECT id,
       iif(files = '', text, text || coalesce((SELECT char(10) || group_concat(name, char(10))
           FROM (SELECT name FROM file WHERE message_id = message.id ORDER BY id)), '')) AS text,
       'all a' || author_id || ' r' || room_id
           || strftime(' y%Y m%Y%m d%Y%m%d', min(max(created_ms, 0), 4133980799999) / 1000, 'unixepoch')
           || iif(text LIKE '%http://_%' OR text LIKE '%https://_%', ' hl', '')
           || iif(text LIKE '%`_%`%', ' hc', '')
           || iif(files <> '', ' hf', '') AS facts
FROM message
WHERE id <= (SELECT CAST(value AS INTEGER) FROM setting WHERE name = 'search_watermark')
  AND (text <> '' OR files <> ''); -- no message is sent with neither: its words were taken away
PRAGMA user_version = 13;
