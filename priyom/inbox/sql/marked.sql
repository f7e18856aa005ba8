-- The folded texts with the found words between two signs; not a letter is lost, so places are those of the originals.
SELECT ts_headline(
    'pg_catalog.russian', priyom_words(said), to_tsquery('pg_catalog.russian', %(query)s::text),
    U&'HighlightAll=true, StartSel=\0002, StopSel=\0003')
FROM unnest(%(texts)s::text[]) WITH ORDINALITY AS given (said, place)
ORDER BY place
