SELECT printf('Message %d has %d reactions and tells of %d.', x.id, x.kept, x.told)
FROM (SELECT m.id, (SELECT count(*) FROM reaction r WHERE r.message_id = m.id) AS kept,
             (SELECT coalesce(sum(json_array_length(j.value, '$.users')), 0)
              FROM json_each(iif(json_valid(m.reactions), m.reactions, '[]')) j) AS told
      FROM message m
      WHERE m.reactions <> '' OR m.id IN (SELECT message_id FROM reaction)) x
WHERE x.kept <> x.told LIMIT ?1;
