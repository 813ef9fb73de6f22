-- Question: which tallies and counters of programmes differ from their donations?
-- Grain   : one row per tally or programme that differs
-- Reads   : giving_tally, giving_programme, giving_donation, giving_batch, giving_batch_line
WITH sums AS (
    SELECT programme_id, cause_id, currency, kind,
           COUNT(*) FILTER (WHERE pledged_minor + due_minor > 0) AS gifts,
           SUM(given_minor) AS given, SUM(pledged_minor) AS pledged, SUM(due_minor) AS due,
           SUM(locked_minor) AS locked
    FROM giving_donation
    WHERE shop_id = :shop_id
    GROUP BY programme_id, cause_id, currency, kind
), beside AS (
    SELECT programme_id, cause_id, currency, kind,
           gifts, given_minor AS given, pledged_minor AS pledged, due_minor AS due,
           locked_minor AS locked
    FROM giving_tally
    WHERE shop_id = :shop_id
    UNION ALL
    SELECT programme_id, cause_id, currency, kind, -gifts, -given, -pledged, -due, -locked
    FROM sums
), apart AS (
    SELECT programme_id, cause_id, currency, kind,
           ABS(SUM(gifts)) + ABS(SUM(given)) + ABS(SUM(pledged)) + ABS(SUM(due))
               + ABS(SUM(locked)) AS difference
    FROM beside
    GROUP BY programme_id, cause_id, currency, kind
), used AS (
    SELECT programme_id, SUM(pledged + due) AS used
    FROM sums
    WHERE kind IN ('share', 'per_unit', 'in_kind', 'match')
    GROUP BY programme_id
), lines AS (
    SELECT order_id, kind, line_key, SUM(gross_minor - refunded_minor) AS locked
    FROM giving_batch_line
    WHERE shop_id = :shop_id
    GROUP BY order_id, kind, line_key
), remitted AS (
    SELECT cause_id, currency, SUM(net_minor) AS net
    FROM giving_batch
    WHERE shop_id = :shop_id AND state IN ('remitted', 'receipted')
    GROUP BY cause_id, currency
), tallied AS (
    SELECT cause_id, currency, SUM(remitted_minor) AS net
    FROM giving_tally
    WHERE shop_id = :shop_id
    GROUP BY cause_id, currency
), sent AS (
    SELECT 'cause:' || cause_id AS place, currency, net FROM remitted
    UNION ALL
    SELECT from_account, unit, -amount
    FROM ledger_entry
    WHERE shop_id = :shop_id AND source LIKE 'giving:batch:%'
)
SELECT 'giving_tally' AS what, currency AS unit,
       kind || ' ' || programme_id || ' ' || cause_id AS place,
       difference AS stored, 0 AS recomputed
FROM apart
WHERE difference <> 0
UNION ALL
SELECT 'giving_used', giving_programme.currency, 'programme ' || giving_programme.id,
       giving_programme.used_minor, COALESCE(used.used, 0)
FROM giving_programme
LEFT JOIN used ON used.programme_id = giving_programme.id
WHERE giving_programme.shop_id = :shop_id
  AND giving_programme.used_minor <> COALESCE(used.used, 0)
UNION ALL
SELECT 'giving_locked', donation.currency, donation.kind || ' ' || donation.order_id,
       donation.locked_minor, COALESCE(lines.locked, 0)
FROM giving_donation AS donation
LEFT JOIN lines
  ON lines.order_id = donation.order_id AND lines.kind = donation.kind
 AND lines.line_key = donation.line_key
WHERE donation.shop_id = :shop_id AND donation.kind <> 'past'
  AND donation.locks > 0 AND donation.locked_minor <> COALESCE(lines.locked, 0)
UNION ALL
SELECT 'giving_batch', batch.currency, 'batch ' || batch.id, batch.net_minor,
       COALESCE(SUM(line.gross_minor - line.refunded_minor), 0)
FROM giving_batch AS batch
LEFT JOIN giving_batch_line AS line
  ON line.shop_id = batch.shop_id AND line.batch_id = batch.id
WHERE batch.shop_id = :shop_id
GROUP BY batch.currency, batch.id, batch.net_minor
HAVING batch.net_minor <> COALESCE(SUM(line.gross_minor - line.refunded_minor), 0)
UNION ALL
SELECT 'giving_batch_gifts', batch.currency, 'batch ' || batch.id, batch.gifts,
       COUNT(*) FILTER (WHERE line.gross_minor > line.refunded_minor)
FROM giving_batch AS batch
LEFT JOIN giving_batch_line AS line
  ON line.shop_id = batch.shop_id AND line.batch_id = batch.id
WHERE batch.shop_id = :shop_id
GROUP BY batch.currency, batch.id, batch.gifts
HAVING batch.gifts <> COUNT(*) FILTER (WHERE line.gross_minor > line.refunded_minor)
UNION ALL
SELECT 'giving_remitted', currency, place, SUM(net), 0
FROM sent
GROUP BY currency, place
HAVING SUM(net) <> 0
UNION ALL
SELECT 'giving_remitted', tallied.currency, 'tally of cause ' || tallied.cause_id,
       tallied.net, COALESCE(remitted.net, 0)
FROM tallied
LEFT JOIN remitted
  ON remitted.cause_id = tallied.cause_id AND remitted.currency = tallied.currency
WHERE tallied.net <> COALESCE(remitted.net, 0)
