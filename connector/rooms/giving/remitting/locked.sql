-- Question: how much of each donation is in batches, now that these lines are added or taken out?
-- Grain   : one row per line of the batch
-- Reads   : giving_batch_line (shop_id, batch_id), giving_donation by its key
UPDATE giving_donation
SET locked_minor = locked_minor + :sign * (line.gross_minor - line.refunded_minor),
    locks = locks + :sign
FROM giving_batch_line AS line
WHERE line.shop_id = :shop_id AND line.batch_id = :batch_id
  AND giving_donation.shop_id = :shop_id
  AND giving_donation.order_id = line.order_id
  AND giving_donation.kind = line.kind
  AND giving_donation.line_key = line.line_key
