-- People of past visits: new ones are made, known ones only gain what was empty. A table of the past never
-- overwrites what the clinic knows today, so the same table twice changes nothing.
INSERT INTO patients_patient AS known
    (external_id, family, given, patronymic, birth_date, sex, language, time_zone, created_at, changed_at)
SELECT row.external_id, row.family, row.given, row.patronymic, row.birth_date, row.sex, row.language, '', %(at)s, %(at)s
FROM unnest(
    %(external_ids)s::text[], %(families)s::text[], %(givens)s::text[], %(patronymics)s::text[],
    %(birth_dates)s::date[], %(sexes)s::text[], %(languages)s::text[]
) AS row (external_id, family, given, patronymic, birth_date, sex, language)
ON CONFLICT (external_id) DO UPDATE SET
    patronymic = CASE WHEN known.patronymic = '' THEN excluded.patronymic ELSE known.patronymic END,
    birth_date = coalesce(known.birth_date, excluded.birth_date),
    sex = CASE WHEN known.sex = '' THEN excluded.sex ELSE known.sex END,
    language = CASE WHEN known.language = '' THEN excluded.language ELSE known.language END,
    changed_at = excluded.changed_at
WHERE (known.patronymic = '' AND excluded.patronymic <> '')
   OR (known.birth_date IS NULL AND excluded.birth_date IS NOT NULL)
   OR (known.sex = '' AND excluded.sex <> '')
   OR (known.language = '' AND excluded.language <> '')
