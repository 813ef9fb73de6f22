-- Question: which debits did not consume lots of their own account for their whole amount?
-- Grain   : one row per movement out of a member account, or with consumption it must not have
-- Reads   : ledger_entry, ledger_consumption, ledger_lot (shop_id)
WITH told AS (
    SELECT id AS entry_id, unit, from_account AS name, amount, 0 AS consumed
    FROM ledger_entry
    WHERE shop_id = :shop_id AND from_account LIKE 'member:%'
    UNION ALL
    SELECT consumption.entry_id, lot.unit, lot.account, 0, consumption.amount
    FROM ledger_consumption AS consumption
    LEFT JOIN ledger_lot AS lot ON lot.shop_id = :shop_id AND lot.id = consumption.lot_id
    WHERE consumption.shop_id = :shop_id
)
SELECT 'consumption' AS what, COALESCE(unit, '?') AS unit,
       COALESCE(name, 'no lot') || ' movement ' || entry_id AS place,
       SUM(consumed) AS stored, SUM(amount) AS recomputed
FROM told
GROUP BY entry_id, unit, name
HAVING SUM(consumed) <> SUM(amount)
