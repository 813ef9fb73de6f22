-- Question: between which kinds of accounts did what move, and how much of it between two people?
-- Grain   : one row per unit and pair of kinds; a kind of many accounts ends in a colon
-- Reads   : ledger_entry (shop_id)
SELECT unit,
       RTRIM(from_account, '0123456789') AS from_kind,
       RTRIM(to_account, '0123456789') AS to_kind,
       COUNT(*) AS movements,
       SUM(amount) AS amount,
       -- Only an account of its own has an id behind the kind.
       SUM(CASE WHEN SUBSTR(from_account, LENGTH(RTRIM(from_account, '0123456789')) + 1)
                  <> SUBSTR(to_account, LENGTH(RTRIM(to_account, '0123456789')) + 1)
                THEN 1 ELSE 0 END) AS between_two
FROM ledger_entry
WHERE shop_id = :shop_id
GROUP BY unit, RTRIM(from_account, '0123456789'), RTRIM(to_account, '0123456789')
ORDER BY unit, from_kind, to_kind
