-- Question: what do all cached balances of one kind come to?
-- Grain   : one row per unit and kind
-- Reads   : ledger_account (shop_id)
SELECT unit, RTRIM(name, '0123456789') AS kind, SUM(balance) AS balance
FROM ledger_account
WHERE shop_id = :shop_id
GROUP BY unit, RTRIM(name, '0123456789')
