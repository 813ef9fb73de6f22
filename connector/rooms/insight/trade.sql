-- Question: who bought, for the first time or again, how often, and for how much of one currency?
-- Grain   : one row per beginning of a date (7 letters: a month; 0: all of it), oldest first
-- Reads   : orders (shop_id, member_id, placed_at)
-- Note    : an order comes again if an earlier one that counts is its customer's, from any time
WITH counted AS MATERIALIZED (
    SELECT substr(local_date, 1, :letters) AS bucket, member_id, currency, goods_minor,
           EXISTS (
               SELECT 1 FROM orders AS earlier
               WHERE earlier.shop_id = :shop_id AND earlier.member_id = orders.member_id
                   AND (earlier.placed_at, earlier.id) < (orders.placed_at, orders.id)
                   AND earlier.state IN ('paid', 'completed') AND NOT earlier.is_test
           ) AS again
    FROM orders
    WHERE shop_id = :shop_id AND state IN ('paid', 'completed') AND NOT is_test
        AND local_date >= :starts_on AND local_date < :ends_on
),
by_customer AS (
    SELECT bucket, member_id,
           COUNT(*)                                                            AS orders,
           COUNT(*) FILTER (WHERE again)                                       AS orders_again,
           COALESCE(SUM(goods_minor) FILTER (WHERE currency = :currency), 0)   AS minor,
           COALESCE(SUM(goods_minor) FILTER (WHERE currency = :currency AND again), 0)
                                                                               AS minor_again
    FROM counted
    GROUP BY bucket, member_id
)
SELECT bucket,
       SUM(orders)                                                             AS orders,
       COUNT(member_id)                                                        AS customers,
       COUNT(member_id) FILTER (WHERE orders_again > 0)                        AS returning_customers,
       COUNT(member_id) FILTER (WHERE orders > 1)                              AS repeat_customers,
       SUM(minor)                                                              AS revenue_minor,
       SUM(minor_again)                                                        AS returning_minor,
       COALESCE(SUM(orders) FILTER (WHERE member_id IS NULL), 0)               AS nameless_orders,
       COALESCE(SUM(minor) FILTER (WHERE member_id IS NULL), 0)                AS nameless_minor
FROM by_customer
GROUP BY bucket
ORDER BY bucket;
