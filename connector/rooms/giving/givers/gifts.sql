-- Question: what did a member's orders and points give, and what of it was sent to its cause?
-- Grain   : one row per donation, newest first; of a span of time
-- Reads   : giving_donation (shop_id, member_id), orders, giving_batch_line and giving_batch by keys
SELECT donation.order_id, donation.kind, donation.cause_id, donation.programme_id,
       donation.currency, donation.given_minor, donation.pledged_minor, donation.due_minor,
       donation.given_at, orders.number,
       (SELECT COALESCE(SUM(line.gross_minor - line.refunded_minor), 0)
        FROM giving_batch_line AS line
        JOIN giving_batch AS batch
          ON batch.shop_id = line.shop_id AND batch.id = line.batch_id
        WHERE line.shop_id = donation.shop_id AND line.order_id = donation.order_id
          AND line.kind = donation.kind AND line.line_key = donation.line_key
          AND batch.sent_at IS NOT NULL) AS paid_minor
FROM giving_donation AS donation
LEFT JOIN orders ON orders.shop_id = donation.shop_id AND orders.id = donation.order_id
WHERE donation.shop_id = :shop_id AND donation.member_id = :member_id
  AND donation.given_minor > 0
  AND donation.given_at >= :since AND donation.given_at < :until
ORDER BY donation.given_at DESC, donation.order_id DESC, donation.kind, donation.line_key
