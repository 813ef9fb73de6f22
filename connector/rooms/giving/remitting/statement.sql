-- Question: what are the lines of a batch?
-- Grain   : one row per line, in the sequence of its key
-- Reads   : giving_batch_line (shop_id, batch_id), giving_donation and orders by their keys
SELECT line.order_id, line.kind, line.line_key, line.gross_minor, line.refunded_minor,
       donation.given_at, donation.programme_id, orders.number
FROM giving_batch_line AS line
JOIN giving_donation AS donation
  ON donation.shop_id = line.shop_id AND donation.order_id = line.order_id
 AND donation.kind = line.kind AND donation.line_key = line.line_key
LEFT JOIN orders ON orders.shop_id = line.shop_id AND orders.id = line.order_id
WHERE line.shop_id = :shop_id AND line.batch_id = :batch_id
ORDER BY line.order_id, line.kind, line.line_key
