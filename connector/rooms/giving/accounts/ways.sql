-- Question: how many donations of orders of which day were sent to their cause on which day?
-- Grain   : one row per day of the order and day of sending
-- Reads   : giving_batch (shop_id), giving_batch_line (shop_id, batch_id), orders by their key
SELECT orders.local_date AS given_on, batch.sent_on, COUNT(*) AS gifts
FROM giving_batch AS batch
JOIN giving_batch_line AS line ON line.shop_id = batch.shop_id AND line.batch_id = batch.id
JOIN orders ON orders.shop_id = line.shop_id AND orders.id = line.order_id
WHERE batch.shop_id = :shop_id AND batch.currency = :currency AND batch.sent_on >= :first
  AND line.gross_minor > 0
GROUP BY orders.local_date, batch.sent_on
