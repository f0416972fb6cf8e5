-- What an import remembers of people: "import slack user U1"
DELETE FROM setting WHERE name IN
    (SELECT name FROM setting WHERE name > 'import ' AND name < 'import!' AND name LIKE 'import % user %' AND value = CAST(?1 AS TEXT)
     LIMIT ?2);
