-- Question: of the points granted in each month, how many were used in which later month?
-- Grain   : one row per month of granting, month of what happened (granted, used or returned),
--           and whether an order gave them
-- Reads   : ledger_lot, ledger_consumption, ledger_entry (shop_id)
-- A lot that came back from a reward belongs to the month in which its origin was first granted.
WITH lot AS (
    SELECT lot.id, lot.granted, lot.account, lot.origin,
           SUBSTR(entry.local_date, 1, 7) AS month,
           CASE WHEN entry.from_account = 'redeemed' OR entry.from_account LIKE 'held:%'
                THEN 1 ELSE 0 END AS came_back,
           CASE WHEN entry.kind IN ('merge', 'unmerge') THEN 1 ELSE 0 END AS moved
    FROM ledger_lot AS lot
    JOIN ledger_entry AS entry ON entry.shop_id = :shop_id AND entry.id = lot.id
    WHERE lot.shop_id = :shop_id AND lot.unit = 'PTS'
), first AS (
    SELECT origin, MIN(month) AS month
    FROM lot
    WHERE origin IS NOT NULL
    GROUP BY origin
), placed AS (
    SELECT lot.id, lot.granted, lot.month, lot.came_back, lot.moved,
           COALESCE(first.month, lot.month) AS cohort,
           CASE WHEN lot.origin LIKE 'order:%' THEN 1 ELSE 0 END AS of_order
    FROM lot
    LEFT JOIN first ON first.origin = lot.origin
)
SELECT cohort, month AS happened, of_order,
       SUM(CASE WHEN came_back = 0 AND moved = 0 THEN granted ELSE 0 END) AS granted,
       SUM(CASE WHEN came_back = 1 THEN -granted ELSE 0 END) AS used
FROM placed
GROUP BY cohort, month, of_order
UNION ALL
SELECT placed.cohort, SUBSTR(entry.local_date, 1, 7), placed.of_order, 0, SUM(taken.amount)
FROM ledger_consumption AS taken
JOIN placed ON placed.id = taken.lot_id
JOIN ledger_entry AS entry ON entry.shop_id = :shop_id AND entry.id = taken.entry_id
WHERE taken.shop_id = :shop_id
  AND (entry.to_account = 'redeemed' OR entry.to_account LIKE 'held:%')
GROUP BY placed.cohort, SUBSTR(entry.local_date, 1, 7), placed.of_order
