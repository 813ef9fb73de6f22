-- Question: which lots do not hold what was granted less what was consumed, or were granted
--           something else than their movement says?
-- Grain   : one row per lot
-- Reads   : ledger_lot, ledger_consumption, ledger_entry (shop_id)
WITH consumed AS (
    SELECT lot_id, SUM(amount) AS amount
    FROM ledger_consumption
    WHERE shop_id = :shop_id
    GROUP BY lot_id
)
SELECT 'remaining' AS what, lot.unit, lot.account || ' lot ' || lot.id AS place,
       lot.remaining AS stored, lot.granted - COALESCE(consumed.amount, 0) AS recomputed
FROM ledger_lot AS lot
LEFT JOIN consumed ON consumed.lot_id = lot.id
WHERE lot.shop_id = :shop_id AND lot.remaining <> lot.granted - COALESCE(consumed.amount, 0)
UNION ALL
SELECT 'granted', lot.unit, lot.account || ' lot ' || lot.id, lot.granted, COALESCE(entry.amount, 0)
FROM ledger_lot AS lot
LEFT JOIN ledger_entry AS entry
  ON entry.shop_id = :shop_id AND entry.id = lot.id
     AND entry.unit = lot.unit AND entry.to_account = lot.account
WHERE lot.shop_id = :shop_id AND lot.granted <> COALESCE(entry.amount, 0)
UNION ALL
SELECT 'granted', entry.unit, entry.to_account || ' lot ' || entry.id, 0, entry.amount
FROM ledger_entry AS entry
LEFT JOIN ledger_lot AS lot ON lot.shop_id = :shop_id AND lot.id = entry.id
WHERE entry.shop_id = :shop_id AND entry.to_account LIKE 'member:%' AND lot.id IS NULL
