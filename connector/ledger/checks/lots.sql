-- Question: where do a member's open lots not sum to its balance?
-- Grain   : one row per member account
-- Reads   : ledger_account, ledger_lot (shop_id)
WITH told AS (
    SELECT unit, name, balance, 0 AS remaining
    FROM ledger_account
    WHERE shop_id = :shop_id AND name LIKE 'member:%'
    UNION ALL
    SELECT unit, account, 0, remaining
    FROM ledger_lot
    WHERE shop_id = :shop_id
)
SELECT 'lots' AS what, unit, name AS place, SUM(remaining) AS stored, SUM(balance) AS recomputed
FROM told
GROUP BY unit, name
HAVING SUM(remaining) <> SUM(balance)
