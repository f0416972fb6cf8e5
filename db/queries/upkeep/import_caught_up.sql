-- Who came with the import and has never been here has read the rooms that came with it (?1: "import slack room ")
UPDATE member SET read_offset = (SELECT top FROM room r WHERE r.id = member.room_id)
WHERE room_id IN (SELECT CAST(value AS INTEGER) FROM setting WHERE name > ?1 AND name < ?1 || x'f4')
  AND user_id IN (SELECT id FROM user WHERE password = '' AND seen_ms = 0 AND role <> 'agent');
