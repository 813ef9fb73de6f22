-- Question: which sums of months differ from what the book says?
-- Grain   : one row per month, cause and currency that differs
-- Reads   : giving_month, ledger_entry (shop_id, from_account) and (shop_id, to_account)
WITH moved AS (
    SELECT substr(local_date, 1, 7) AS month, unit AS currency,
           CASE WHEN to_account LIKE 'cause:%' OR to_account LIKE 'pledged:%'
                THEN to_account ELSE from_account END AS account,
           from_account, to_account, amount,
           CASE WHEN kind IN ('match', 'match_refund') THEN 1 ELSE 0 END AS is_match
    FROM ledger_entry
    WHERE shop_id = :shop_id AND unit <> 'PTS'
      AND (from_account LIKE 'cause:%' OR from_account LIKE 'pledged:%'
           OR to_account LIKE 'cause:%' OR to_account LIKE 'pledged:%')
), told AS (
    SELECT month, currency,
           CAST(REPLACE(REPLACE(account, 'cause:', ''), 'pledged:', '') AS BIGINT) AS cause_id,
           CASE WHEN from_account IN ('donors', 'program') AND is_match = 0
                THEN amount ELSE 0 END AS gross,
           CASE WHEN from_account IN ('donors', 'program') AND is_match = 1
                THEN amount ELSE 0 END AS matched,
           CASE WHEN to_account IN ('donors', 'program') THEN amount ELSE 0 END AS refunded,
           CASE WHEN to_account = 'remitted' THEN amount ELSE 0 END AS remitted
    FROM moved
    UNION ALL
    SELECT month, currency, cause_id, -gross_minor, -matched_minor, -refunded_minor,
           -remitted_minor
    FROM giving_month
    WHERE shop_id = :shop_id
), apart AS (
    SELECT month, currency, cause_id,
           ABS(SUM(gross)) + ABS(SUM(matched)) + ABS(SUM(refunded)) + ABS(SUM(remitted))
               AS difference
    FROM told
    GROUP BY month, currency, cause_id
)
SELECT 'giving_month' AS what, currency AS unit, month || ' ' || cause_id AS place,
       difference AS stored, 0 AS recomputed
FROM apart
WHERE difference <> 0
