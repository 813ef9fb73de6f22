-- Question: of the orders placed in a span of time, how many had a gift?
-- Grain   : one row per month in the shop's zone
-- Reads   : orders (shop_id, local_date), giving_donation (shop_id, given_at)
SELECT substr(orders.local_date, 1, 7) AS month, COUNT(*) AS orders, COUNT(gift.order_id) AS given
FROM orders
LEFT JOIN (SELECT DISTINCT order_id
           FROM giving_donation
           WHERE shop_id = :shop_id AND kind = 'gift' AND given_minor > 0
             AND given_at >= :since AND given_at < :until) AS gift
  ON gift.order_id = orders.id
WHERE orders.shop_id = :shop_id AND orders.currency = :currency
  AND orders.local_date >= :first AND orders.local_date <= :last
  AND orders.placed_at >= :since AND orders.placed_at < :until
  AND NOT orders.historic AND NOT orders.is_test AND orders.state <> 'deleted'
GROUP BY substr(orders.local_date, 1, 7)
ORDER BY month
