-- Question: for which orders is something else posted than the movements of the order say, and
--           which members wait for other points than their orders and gifts do?
-- Grain   : one row per order and what differs; one per member whose pending points differ
-- Reads   : points_order, points_gift, ledger_entry, ledger_account (shop_id)
WITH told AS (
    SELECT order_id, posted, entries, qualifying, 0 AS booked, 0 AS movements, 0 AS counted
    FROM points_order
    WHERE shop_id = :shop_id
    UNION ALL
    -- A source is points:order:<id>:<account>:<number>: cut the end off, then the beginning.
    SELECT CAST(SUBSTR(RTRIM(RTRIM(source, '0123456789'), 'abcdefghijklmnopqrstuvwxyz:'), 14)
                AS BIGINT),
           0, 0, 0,
           CASE 'program' WHEN from_account THEN amount WHEN to_account THEN -amount ELSE 0 END,
           1,
           COALESCE(CASE 'program' WHEN from_account THEN qualifying
                                   WHEN to_account THEN -qualifying END, 0)
    FROM ledger_entry
    WHERE shop_id = :shop_id AND source LIKE 'points:order:%'
), by_order AS (
    SELECT order_id, SUM(posted) AS posted, SUM(booked) AS booked,
           SUM(entries) AS entries, SUM(movements) AS movements,
           SUM(qualifying) AS qualifying, SUM(counted) AS counted
    FROM told
    GROUP BY order_id
), waiting AS (
    SELECT 'pending:' || member_id AS name, pending AS stored, 0 AS recomputed
    FROM points_order
    WHERE shop_id = :shop_id AND pending > 0
    UNION ALL
    SELECT 'pending:' || member_id, pending, 0
    FROM points_gift
    WHERE shop_id = :shop_id AND pending > 0
    UNION ALL
    SELECT name, 0, balance
    FROM ledger_account
    WHERE shop_id = :shop_id AND unit = 'PTS' AND name LIKE 'pending:%'
)
SELECT 'points_posted' AS what, 'order ' || order_id AS place,
       posted AS stored, booked AS recomputed
FROM by_order
WHERE posted <> booked
UNION ALL
SELECT 'points_entries', 'order ' || order_id, entries, movements
FROM by_order
WHERE entries <> movements
UNION ALL
SELECT 'points_qualifying', 'order ' || order_id, qualifying, counted
FROM by_order
WHERE qualifying <> counted
UNION ALL
SELECT 'points_pending', name, SUM(stored), SUM(recomputed)
FROM waiting
GROUP BY name
HAVING SUM(stored) <> SUM(recomputed)
