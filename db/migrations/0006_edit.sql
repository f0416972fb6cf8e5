-- 0006: messages that were edited.
-- Why:   a message's text is in its row, in its message_created event and in the last message_edited event, and nowhere else: the
--        row says where that one is, so that it loses the text when another edit, a deletion or retention takes it away. Who is
--        named first by an edit is told at the edit's place in the stream, as of a new message.
-- Size:  two bytes a message, three a mention.
-- Reads: with each message; the mentions of a message by its edits, its deletion and retention.

ALTER TABLE message ADD COLUMN edited_ms INTEGER NOT NULL DEFAULT 0;      -- of the last edit; 0: as it was sent
ALTER TABLE message ADD COLUMN edit_offset INTEGER NOT NULL DEFAULT 0;    -- of its message_edited event; 0: none
ALTER TABLE mention ADD COLUMN message_offset INTEGER NOT NULL DEFAULT 0; -- offset is where it is told: this one, or an edit's
UPDATE mention SET message_offset = offset;
DROP INDEX mention_room;
CREATE INDEX mention_room ON mention (room_id, message_offset);
PRAGMA user_version = 6;
