-- Question: which donations stand for something else than their movements say?
-- Grain   : one row per donation and account that differs
-- Reads   : giving_donation, ledger_entry (shop_id)
WITH booked AS (
    -- A source is giving:<kind>:<order>:<line>:<account>:<number>; a line's key can be any text.
    -- A gift's kind is told as "order"; points have no line.
    SELECT unit, RTRIM(source, '0123456789') AS stem, from_account, to_account, amount
    FROM ledger_entry
    WHERE shop_id = :shop_id AND source LIKE 'giving:%' AND source NOT LIKE 'giving:batch:%'
), told AS (
    SELECT currency AS unit,
           CASE kind WHEN 'points' THEN 'giving:points:' || order_id
                     WHEN 'gift' THEN 'giving:order:' || order_id || ':' || line_key
                     ELSE 'giving:' || kind || ':' || order_id || ':' || line_key END AS place,
           pledged_minor, due_minor, entries, 0 AS pledged, 0 AS due, 0 AS movements
    FROM giving_donation
    WHERE shop_id = :shop_id
    UNION ALL
    SELECT unit,
           SUBSTR(stem, 1, LENGTH(stem) - CASE WHEN stem LIKE '%:pledged:' THEN 9
                                               WHEN stem LIKE '%:program:' THEN 9
                                               WHEN stem LIKE '%:donors:' THEN 8
                                               ELSE 7 END),
           0, 0, 0,
           CASE WHEN to_account LIKE 'pledged:%' THEN amount
                WHEN from_account LIKE 'pledged:%' THEN -amount ELSE 0 END,
           CASE WHEN to_account LIKE 'cause:%' THEN amount
                WHEN from_account LIKE 'cause:%' THEN -amount ELSE 0 END,
           1
    FROM booked
), by_line AS (
    SELECT unit, place, SUM(pledged_minor) AS pledged_minor, SUM(due_minor) AS due_minor,
           SUM(entries) AS entries, SUM(pledged) AS pledged, SUM(due) AS due,
           SUM(movements) AS movements
    FROM told
    GROUP BY unit, place
)
SELECT 'giving_pledged' AS what, unit, place, pledged_minor AS stored, pledged AS recomputed
FROM by_line
WHERE pledged_minor <> pledged
UNION ALL
SELECT 'giving_due', unit, place, due_minor, due
FROM by_line
WHERE due_minor <> due
UNION ALL
-- A line counts its movements on when its order changes the currency.
SELECT 'giving_entries', MIN(unit), place, SUM(entries), SUM(movements)
FROM by_line
GROUP BY place
HAVING SUM(entries) <> SUM(movements)
