-- 0010: the keys of what was sent have no index by age.
-- Why:   it was read once a minute, for those to be forgotten, and written with every message. They are looked through in their own
--        order instead, a thousand at a time (app/ops/prune.c).
-- Size:  20 bytes less a key. Reads: a key by its author; from one key on, for those that are old.
-- Takes: a second for each million keys or so; what is freed is overwritten.
DROP INDEX send_key_age;
PRAGMA user_version = 10;
