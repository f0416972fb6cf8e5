-- 0008: the search index is merged by the server, in steps of some milliseconds.
-- Why:   by itself FTS5 merges its parts while messages are put in, 64 pages and more at a time: every tenth batch took 20 ms of the
--        writer, and every acknowledgement in that time waited. 64 parts of a size are the bound if the server never gets to it.
-- Size:  two rows of the index's configuration. Reads: by FTS5, when it is opened.
INSERT INTO message_text (message_text, rank) VALUES ('automerge', 0);
INSERT INTO message_text (message_text, rank) VALUES ('crisismerge', 64);
PRAGMA user_version = 8;
