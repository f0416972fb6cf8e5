-- 0016: browsers that are told while the page is closed.
-- Why:   a push service takes a notification for a browser that is not connected. The address it gave is a secret: who knows it can
--        wake that browser. A subscription goes with the session that made it.
-- Size:  500 bytes, at most ten a person.
-- Reads: of the people whom a message names, when it is sent; of a person, in the settings; one by its address.

CREATE TABLE push_subscription (
    id         INTEGER PRIMARY KEY AUTOINCREMENT,
    user_id    INTEGER NOT NULL REFERENCES user (id) ON DELETE CASCADE,
    session_id INTEGER NOT NULL REFERENCES session (id) ON DELETE CASCADE,
    endpoint   TEXT    NOT NULL UNIQUE CHECK (length(endpoint) BETWEEN 1 AND 2000),
    p256dh     BLOB    NOT NULL CHECK (length(p256dh) = 65), -- the browser's point
    auth       BLOB    NOT NULL CHECK (length(auth) = 16),
    created_ms INTEGER NOT NULL,
    told_ms    INTEGER NOT NULL,            -- when the browser last said that it has it
    sent_ms    INTEGER NOT NULL DEFAULT 0,  -- when the service last took something, to the minute; 0: never
    failed_ms  INTEGER NOT NULL DEFAULT 0   -- when it last did not
) STRICT;
CREATE INDEX push_subscription_user ON push_subscription (user_id);
CREATE INDEX push_subscription_session ON push_subscription (session_id); -- for a session that ends
PRAGMA user_version = 16;
