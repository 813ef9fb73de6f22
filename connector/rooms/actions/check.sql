-- Question: which rules gave everybody something else than what was done says, and which actions
--           count otherwise than they gave?
-- Grain   : one row per rule; one per action
-- Reads   : action_budget, member_action (shop_id)
SELECT 'action_budget' AS what, 'rule ' || budget.rule_id AS place,
       budget.granted AS stored, COALESCE(SUM(done.counted), 0) AS recomputed
FROM action_budget AS budget
LEFT JOIN member_action AS done
  ON done.shop_id = :shop_id AND done.rule_id = budget.rule_id AND done.withdrawn_at IS NULL
WHERE budget.shop_id = :shop_id
GROUP BY budget.rule_id, budget.granted
HAVING budget.granted <> COALESCE(SUM(done.counted), 0)
UNION ALL
SELECT 'action_counted', 'action ' || source, counted, points
FROM member_action
WHERE shop_id = :shop_id AND points > 0 AND counted <> points
