-- 0001: people, rooms, messages, streams, runs, connection history, metrics samples.
-- Why:   everything that must outlast the process; the rest lives in memory.
-- Times: *_ms are milliseconds since 1970 UTC. Ids are never reused (AUTOINCREMENT).

-- Names and values that belong to the place: its name, the search watermark.
CREATE TABLE setting (
    name  TEXT PRIMARY KEY NOT NULL,
    value TEXT NOT NULL
) STRICT, WITHOUT ROWID;

-- Size: some 200 bytes a person. Reads: by id, by name at log-in.
CREATE TABLE user (
    id         INTEGER PRIMARY KEY AUTOINCREMENT,
    name       TEXT    NOT NULL UNIQUE CHECK (length(name) BETWEEN 1 AND 32),
    display    TEXT    NOT NULL CHECK (length(display) BETWEEN 1 AND 80),
    role       TEXT    NOT NULL CHECK (role IN ('admin', 'member', 'agent')),
    password   TEXT    NOT NULL DEFAULT '', -- argon2id, as libsodium writes it; '' cannot log in
    active     INTEGER NOT NULL DEFAULT 1 CHECK (active IN (0, 1)),
    created_ms INTEGER NOT NULL,
    seen_ms    INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE INDEX user_display ON user (display COLLATE NOCASE); -- log-in takes it too

-- Only a hash of the cookie's secret is here. Reads: by hash at every upgrade, by user in the list.
CREATE TABLE session (
    id          INTEGER PRIMARY KEY AUTOINCREMENT,
    user_id     INTEGER NOT NULL REFERENCES user (id) ON DELETE CASCADE,
    secret_hash BLOB    NOT NULL UNIQUE CHECK (length(secret_hash) = 32),
    client      TEXT    NOT NULL,
    address     TEXT    NOT NULL,
    stay        INTEGER NOT NULL CHECK (stay IN (0, 1)),
    created_ms  INTEGER NOT NULL,
    seen_ms     INTEGER NOT NULL,
    expires_ms  INTEGER NOT NULL
) STRICT;
CREATE INDEX session_user ON session (user_id);

CREATE TABLE invite (
    id          INTEGER PRIMARY KEY AUTOINCREMENT,
    secret_hash BLOB    NOT NULL UNIQUE CHECK (length(secret_hash) = 32),
    uses        INTEGER NOT NULL CHECK (uses BETWEEN 1 AND 100),
    used        INTEGER NOT NULL DEFAULT 0 CHECK (used BETWEEN 0 AND uses),
    created_by  INTEGER NOT NULL REFERENCES user (id),
    created_ms  INTEGER NOT NULL,
    expires_ms  INTEGER NOT NULL
) STRICT;

-- top: offset of the room's newest event. epoch changes only if the numbering is lost.
CREATE TABLE room (
    id         INTEGER PRIMARY KEY AUTOINCREMENT,
    name       TEXT    NOT NULL CHECK (length(name) BETWEEN 1 AND 80),
    topic      TEXT    NOT NULL DEFAULT '' CHECK (length(topic) <= 250),
    private    INTEGER NOT NULL CHECK (private IN (0, 1)),
    created_ms INTEGER NOT NULL,
    created_by INTEGER NOT NULL REFERENCES user (id),
    epoch      TEXT    NOT NULL,
    top        INTEGER NOT NULL DEFAULT 0,
    last_ms    INTEGER NOT NULL DEFAULT 0 -- time of the newest message
) STRICT;

-- Reads: is this person in this room (every command), the members of a room, the rooms of a person.
CREATE TABLE member (
    room_id     INTEGER NOT NULL REFERENCES room (id) ON DELETE CASCADE,
    user_id     INTEGER NOT NULL REFERENCES user (id) ON DELETE CASCADE,
    role        TEXT    NOT NULL CHECK (role IN ('owner', 'member')),
    since_ms    INTEGER NOT NULL,
    read_offset INTEGER NOT NULL DEFAULT 0, -- everything up to here has been read; never moves back
    PRIMARY KEY (room_id, user_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX member_user ON member (user_id);

-- Size: about 120 bytes and the text. Reads: pages of a room by offset, one by id, the index by id.
CREATE TABLE message (
    id         INTEGER PRIMARY KEY AUTOINCREMENT,
    room_id    INTEGER NOT NULL REFERENCES room (id) ON DELETE CASCADE,
    offset     INTEGER NOT NULL, -- of its message_created event
    author_id  INTEGER NOT NULL REFERENCES user (id),
    text       TEXT    NOT NULL,
    created_ms INTEGER NOT NULL,
    key        TEXT    NOT NULL, -- the author's own send key
    reply_to   INTEGER NOT NULL DEFAULT 0,
    run_id     TEXT    NOT NULL DEFAULT ''
) STRICT;
CREATE INDEX message_room ON message (room_id, offset, author_id); -- with the author: unread counts read only this

-- One row a send: the same author and key answer with the first result. Kept 30 days.
CREATE TABLE send_key (
    author_id  INTEGER NOT NULL,
    key        TEXT    NOT NULL,
    message_id INTEGER NOT NULL REFERENCES message (id) ON DELETE CASCADE,
    created_ms INTEGER NOT NULL,
    PRIMARY KEY (author_id, key)
) STRICT, WITHOUT ROWID;
CREATE INDEX send_key_age ON send_key (created_ms);
CREATE INDEX send_key_message ON send_key (message_id);

-- Who was mentioned where: counts of mentions after the read mark.
CREATE TABLE mention (
    user_id INTEGER NOT NULL,
    room_id INTEGER NOT NULL,
    offset  INTEGER NOT NULL,
    PRIMARY KEY (user_id, room_id, offset)
) STRICT, WITHOUT ROWID;

-- Every event of a room in order, exactly as it was published. Reads: (room, offset > n) for recovery and history.
CREATE TABLE stream (
    room_id INTEGER NOT NULL,
    offset  INTEGER NOT NULL,
    time_ms INTEGER NOT NULL,
    data    TEXT    NOT NULL, -- JSON
    PRIMARY KEY (room_id, offset)
) STRICT, WITHOUT ROWID;

-- A run of an agent. `step` is where it goes on after a restart.
CREATE TABLE run (
    id           TEXT    PRIMARY KEY NOT NULL CHECK (length(id) = 26),
    room_id      INTEGER NOT NULL REFERENCES room (id) ON DELETE CASCADE,
    agent_id     INTEGER NOT NULL REFERENCES user (id),
    started_by   INTEGER NOT NULL REFERENCES user (id),
    text         TEXT    NOT NULL,
    reply_to     INTEGER NOT NULL DEFAULT 0, -- the message that asked; 0: run.start
    state        TEXT    NOT NULL CHECK (state IN ('queued', 'running', 'completed', 'failed', 'stopped')),
    step         INTEGER NOT NULL DEFAULT 0,
    execution_id TEXT    NOT NULL DEFAULT '', -- of the tool that is running
    created_ms   INTEGER NOT NULL,
    started_ms   INTEGER NOT NULL DEFAULT 0,
    ended_ms     INTEGER NOT NULL DEFAULT 0,
    first_offset INTEGER NOT NULL DEFAULT 0,
    last_offset  INTEGER NOT NULL DEFAULT 0,
    message_id   INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE INDEX run_room ON run (room_id, created_ms);
CREATE INDEX run_message ON run (reply_to) WHERE reply_to > 0; -- has this message its run
CREATE INDEX run_open ON run (state) WHERE state IN ('queued', 'running');

-- Every connection, open (closed_ms = 0) or ended; refused ones have no user. Kept 30 days.
CREATE TABLE connection (
    id               TEXT    PRIMARY KEY NOT NULL, -- UUID, says nothing about the user
    user_id          INTEGER REFERENCES user (id) ON DELETE CASCADE,
    client           TEXT    NOT NULL,
    address          TEXT    NOT NULL,
    transport        TEXT    NOT NULL,
    since_ms         INTEGER NOT NULL,
    closed_ms        INTEGER NOT NULL DEFAULT 0,
    rtt_ms           INTEGER NOT NULL DEFAULT 0,
    bytes_in         INTEGER NOT NULL DEFAULT 0,
    bytes_out        INTEGER NOT NULL DEFAULT 0,
    frames_in        INTEGER NOT NULL DEFAULT 0,
    frames_out       INTEGER NOT NULL DEFAULT 0,
    queue_peak_bytes INTEGER NOT NULL DEFAULT 0,
    code             INTEGER NOT NULL DEFAULT 0,
    reason           TEXT    NOT NULL DEFAULT '',
    closed_by        TEXT    NOT NULL DEFAULT '', -- client, server, network
    tab              TEXT    NOT NULL DEFAULT '', -- joins a break to the connection that followed it
    back_ms          INTEGER NOT NULL DEFAULT 0,  -- how long until the same tab was back
    recovered        INTEGER NOT NULL DEFAULT -1  -- 1: every stream exactly; 0: not; -1: nothing to recover
) STRICT;
CREATE INDEX connection_closed ON connection (closed_ms, code); -- with the code: counts by reason read only this
CREATE INDEX connection_user ON connection (user_id, closed_ms, code);
CREATE INDEX connection_tab ON connection (user_id, tab, closed_ms) WHERE tab <> ''; -- the break before a return

-- Metrics, folded: 10 s for 24 h, 60 s for 30 days, 3600 s for 2 years.
CREATE TABLE sample (
    step_s  INTEGER NOT NULL,
    name    TEXT    NOT NULL,
    time_ms INTEGER NOT NULL,
    value   REAL    NOT NULL,
    PRIMARY KEY (step_s, name, time_ms)
) STRICT, WITHOUT ROWID;
CREATE INDEX sample_age ON sample (step_s, time_ms);

-- Moments worth a line in a chart: start, stop, disk full.
CREATE TABLE mark (
    time_ms INTEGER NOT NULL,
    text    TEXT    NOT NULL
) STRICT;
CREATE INDEX mark_time ON mark (time_ms);

-- Full text of messages, filled in batches; the setting search_watermark is the highest message id in it.
CREATE VIRTUAL TABLE message_text USING fts5 (
    text, content = 'message', content_rowid = 'id', tokenize = 'unicode61 remove_diacritics 2'
);

INSERT INTO setting (name, value) VALUES ('place', 'Snug'), ('search_watermark', '0');
INSERT INTO user (id, name, display, role, created_ms) VALUES (1, 'nook', 'Nook', 'agent', unixepoch() * 1000);
INSERT INTO room (id, name, topic, private, created_ms, created_by, epoch)
VALUES (1, 'general', '', 0, unixepoch() * 1000, 1, lower(hex(randomblob(8))));
INSERT INTO member (room_id, user_id, role, since_ms) VALUES (1, 1, 'member', unixepoch() * 1000);
PRAGMA application_id = 1399747943; -- "Snug": this file is ours
PRAGMA user_version = 1;
