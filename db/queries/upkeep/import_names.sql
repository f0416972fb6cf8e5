-- What those people of a source are called here whose settings begin with ?1
SELECT substr(s.name, length(?1) + 1), u.name
FROM setting s JOIN user u ON u.id = CAST(s.value AS INTEGER)
WHERE s.name > ?1 AND s.name < ?1 || x'f4';
