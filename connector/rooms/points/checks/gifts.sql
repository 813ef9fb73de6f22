-- Question: of which gifts is something else posted than the movements of the gift say?
-- Grain   : one row per gift and what differs
-- Reads   : points_gift, ledger_entry (shop_id)
WITH told AS (
    SELECT id, posted, entries, 0 AS booked, 0 AS movements
    FROM points_gift
    WHERE shop_id = :shop_id
    UNION ALL
    -- A source is points:gift:<id>:<account>:<number>: cut the end off, then the beginning.
    SELECT CAST(SUBSTR(RTRIM(RTRIM(source, '0123456789'), 'abcdefghijklmnopqrstuvwxyz:'), 13)
                AS BIGINT),
           0, 0,
           CASE 'program' WHEN from_account THEN amount WHEN to_account THEN -amount ELSE 0 END,
           1
    FROM ledger_entry
    WHERE shop_id = :shop_id AND source LIKE 'points:gift:%'
), by_gift AS (
    SELECT id, SUM(posted) AS posted, SUM(booked) AS booked,
           SUM(entries) AS entries, SUM(movements) AS movements
    FROM told
    GROUP BY id
)
SELECT 'points_gift' AS what, 'gift ' || id AS place, posted AS stored, booked AS recomputed
FROM by_gift
WHERE posted <> booked
UNION ALL
SELECT 'points_gift_entries', 'gift ' || id, entries, movements
FROM by_gift
WHERE entries <> movements
