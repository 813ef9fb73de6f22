-- Question: how many payments were sent for these programmes, and how many did causes confirm?
-- Grain   : one row
-- Reads   : giving_batch (shop_id), giving_batch_line (shop_id, batch_id), giving_donation by key
SELECT COUNT(*) AS sent, COUNT(batch.receipted_at) AS receipted
FROM giving_batch AS batch
WHERE batch.shop_id = :shop_id AND batch.sent_at IS NOT NULL
  AND EXISTS (
    SELECT 1
    FROM giving_batch_line AS line
    JOIN giving_donation AS donation
      ON donation.shop_id = line.shop_id AND donation.order_id = line.order_id
     AND donation.kind = line.kind AND donation.line_key = line.line_key
    WHERE line.shop_id = batch.shop_id AND line.batch_id = batch.id
      AND donation.programme_id IN :ids)
