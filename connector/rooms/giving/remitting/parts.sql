-- Question: what does a batch hold, by programme and kind: lines, and of them those that pay?
-- Grain   : one row per programme and kind
-- Reads   : giving_batch_line (shop_id, batch_id), giving_donation by its key
SELECT donation.programme_id, donation.kind, COUNT(*) AS lines,
       COUNT(*) FILTER (WHERE line.gross_minor > line.refunded_minor) AS gifts,
       SUM(line.gross_minor) AS gross_minor, SUM(line.refunded_minor) AS refunded_minor
FROM giving_batch_line AS line
JOIN giving_donation AS donation
  ON donation.shop_id = line.shop_id AND donation.order_id = line.order_id
 AND donation.kind = line.kind AND donation.line_key = line.line_key
WHERE line.shop_id = :shop_id AND line.batch_id = :batch_id
GROUP BY donation.programme_id, donation.kind
ORDER BY donation.programme_id, donation.kind
