-- Question: which rules gave in all something else than their grants say, and which grants are
--           more than the caps left, or of another member than their order?
-- Grain   : one row per rule; one per grant
-- Reads   : points_budget, points_grant, points_order (shop_id)
WITH told AS (
    SELECT rule_id, granted AS stored, 0 AS recomputed
    FROM points_budget
    WHERE shop_id = :shop_id
    UNION ALL
    SELECT rule_id, 0, granted
    FROM points_grant
    WHERE shop_id = :shop_id
)
SELECT 'points_budget' AS what, 'rule ' || rule_id AS place,
       SUM(stored) AS stored, SUM(recomputed) AS recomputed
FROM told
GROUP BY rule_id
HAVING SUM(stored) <> SUM(recomputed)
UNION ALL
SELECT 'points_allowance', 'order ' || order_id || ' rule ' || rule_id, granted, allowance
FROM points_grant
WHERE shop_id = :shop_id AND granted > allowance
UNION ALL
SELECT 'points_grant_owner', 'order ' || a_grant.order_id, a_grant.member_id, owned.member_id
FROM points_grant AS a_grant
JOIN points_order AS owned
  ON owned.shop_id = :shop_id AND owned.order_id = a_grant.order_id
WHERE a_grant.shop_id = :shop_id AND a_grant.member_id <> owned.member_id
