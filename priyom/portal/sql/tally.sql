-- Count once more; a window that has ended begins anew. How often it is now, and until when.
INSERT INTO portal_tally AS t (what, count, until)
VALUES (%(what)s::text, 1, %(until)s::timestamptz)
ON CONFLICT (what) DO UPDATE
SET count = CASE WHEN t.until <= %(now)s::timestamptz THEN 1 ELSE t.count + 1 END,
    until = CASE WHEN t.until <= %(now)s::timestamptz THEN excluded.until ELSE t.until END
RETURNING count, until
