-- Question: which accounts stand on the wrong side of zero? Only debt may be owed to the shop, and
--           what a cause was sent and is refunded since: it is carried to its next remittance.
-- Grain   : one row per account; what is recomputed is the nearest balance allowed
-- Reads   : ledger_entry (shop_id)
WITH side AS (
    SELECT unit, from_account AS name, -amount AS amount,
           CASE WHEN to_account = 'remitted' THEN amount ELSE 0 END AS sent
    FROM ledger_entry
    WHERE shop_id = :shop_id
    UNION ALL
    SELECT unit, to_account, amount, 0
    FROM ledger_entry
    WHERE shop_id = :shop_id
)
SELECT 'sign' AS what, unit, name AS place, SUM(amount) AS stored, -SUM(sent) AS recomputed
FROM side
WHERE name NOT IN ('program', 'donors')
GROUP BY unit, name
HAVING CASE WHEN name LIKE 'debt:%' THEN SUM(amount) > 0 ELSE SUM(amount) + SUM(sent) < 0 END
