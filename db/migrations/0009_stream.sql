-- 0009: the events of all rooms lie in the order in which they were written, and an index finds those of a room.
-- Why:   in the order of rooms each busy room has a page of its own to write in every group, and the pages above had whole events
--        in them: seven levels at a million events. Twenty rooms that write 25 messages a group changed 88 pages, and change 56.
-- Size:  12 bytes of index an event, and as much less in the table. Reads: (room, offset > n) as before; which offsets are there
--        (retention, the check) from the index alone.
-- Takes: the streams are written anew, some 50 MB a second; the log needs as much room on the disk as they have, twice.
CREATE TABLE stream_2 (
    id      INTEGER PRIMARY KEY,
    room_id INTEGER NOT NULL,
    offset  INTEGER NOT NULL,
    time_ms INTEGER NOT NULL,
    data    TEXT    NOT NULL -- JSON
) STRICT;
INSERT INTO stream_2 (room_id, offset, time_ms, data) SELECT room_id, offset, time_ms, data FROM stream;
DROP TABLE stream;
ALTER TABLE stream_2 RENAME TO stream;
CREATE UNIQUE INDEX stream_place ON stream (room_id, offset);
PRAGMA user_version = 9;
