-- Question: what moved to, back from and out of causes in each month, by what moved it?
-- Grain   : one row per month in the shop's zone, currency, account on each side, and kind
-- Reads   : ledger_entry (shop_id, from_account) and (shop_id, to_account)
SELECT substr(local_date, 1, 7) AS month, unit AS currency, from_account AS source,
       to_account AS target, kind, SUM(amount) AS minor
FROM ledger_entry
WHERE shop_id = :shop_id AND unit <> 'PTS' AND local_date >= :since
  AND (from_account LIKE 'cause:%' OR from_account LIKE 'pledged:%'
       OR to_account LIKE 'cause:%' OR to_account LIKE 'pledged:%')
GROUP BY substr(local_date, 1, 7), unit, from_account, to_account, kind
ORDER BY month, currency, source, target, kind
