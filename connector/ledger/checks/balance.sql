-- Question: which cached balances, or counts of movements, are not what the movements say?
-- Grain   : one row per account that a member has, and one more where the count differs
-- Reads   : ledger_account, ledger_entry (shop_id)
WITH told AS (
    SELECT unit, name, balance AS cached, version AS cached_count, 0 AS amount, 0 AS movements
    FROM ledger_account
    WHERE shop_id = :shop_id
    UNION ALL
    SELECT unit, from_account, 0, 0, -amount, 1
    FROM ledger_entry
    WHERE shop_id = :shop_id AND from_account LIKE '%:%'
    UNION ALL
    SELECT unit, to_account, 0, 0, amount, 1
    FROM ledger_entry
    WHERE shop_id = :shop_id AND to_account LIKE '%:%'
), summed AS (
    SELECT unit, name, SUM(cached) AS cached, SUM(cached_count) AS cached_count,
           SUM(amount) AS amount, SUM(movements) AS movements
    FROM told
    WHERE RTRIM(name, '0123456789') IN ('member:', 'pending:', 'held:', 'debt:')
    GROUP BY unit, name
)
SELECT 'balance' AS what, unit, name AS place, cached AS stored, amount AS recomputed
FROM summed
WHERE cached <> amount
UNION ALL
SELECT 'version', unit, name, cached_count, movements
FROM summed
WHERE cached_count <> movements
