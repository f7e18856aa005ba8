-- These were asked after once more; after the last time nobody asks again.
UPDATE delivery_delivery
SET asks = CASE WHEN asks + 1 < %(most)s::smallint THEN asks + 1 END
WHERE id = ANY (%(ids)s::bigint[]) AND asks IS NOT NULL
