-- Question: of the orders placed in a span of time, how many had a gift?
-- Grain   : one row per month in the shop's zone
-- Reads   : orders (shop_id, local_date), giving_donation (shop_id, order_id, kind)
SELECT substr(orders.local_date, 1, 7) AS month, COUNT(*) AS orders,
       COUNT(*) FILTER (WHERE EXISTS (
           SELECT 1 FROM giving_donation AS gift
           WHERE gift.shop_id = orders.shop_id AND gift.order_id = orders.id
             AND gift.kind = 'gift' AND gift.given_minor > 0
       )) AS given
FROM orders
WHERE orders.shop_id = :shop_id AND orders.currency = :currency
  AND orders.local_date >= :first AND orders.local_date <= :last
  AND orders.placed_at >= :since AND orders.placed_at < :until
  AND NOT orders.historic AND NOT orders.is_test AND orders.state <> 'deleted'
GROUP BY substr(orders.local_date, 1, 7)
ORDER BY month
