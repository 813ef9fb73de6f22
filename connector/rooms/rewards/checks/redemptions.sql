-- Question: which redemptions stand otherwise than their movements say, whose held points are not
--           what open redemptions hold, which rewards count otherwise than their redemptions?
-- Grain   : one row per redemption, member account or reward, and what differs
-- Reads   : redemption, reward, ledger_entry, ledger_account (shop_id)
WITH booked AS (
    -- A source is rewards:redemption:<id>:<account>:<number>: cut the end off, then the beginning.
    SELECT CAST(SUBSTR(RTRIM(RTRIM(source, '0123456789'), 'abcdefghijklmnopqrstuvwxyz:'), 20)
                AS BIGINT) AS id,
           from_account, to_account, amount
    FROM ledger_entry
    WHERE shop_id = :shop_id AND source LIKE 'rewards:redemption:%'
), told AS (
    SELECT id, held, spent, entries, 0 AS in_held, 0 AS in_redeemed, 0 AS movements
    FROM redemption
    WHERE shop_id = :shop_id
    UNION ALL
    SELECT id, 0, 0, 0,
           CASE WHEN to_account LIKE 'held:%' THEN amount
                WHEN from_account LIKE 'held:%' THEN -amount ELSE 0 END,
           CASE 'redeemed' WHEN to_account THEN amount WHEN from_account THEN -amount ELSE 0 END,
           1
    FROM booked
), by_redemption AS (
    SELECT id, SUM(held) AS held, SUM(spent) AS spent, SUM(entries) AS entries,
           SUM(in_held) AS in_held, SUM(in_redeemed) AS in_redeemed, SUM(movements) AS movements
    FROM told
    GROUP BY id
), holding AS (
    SELECT 'held:' || account_id AS name, held AS stored, 0 AS recomputed
    FROM redemption
    WHERE shop_id = :shop_id AND held > 0
    UNION ALL
    SELECT name, 0, balance
    FROM ledger_account
    WHERE shop_id = :shop_id AND unit = 'PTS' AND name LIKE 'held:%'
), counted AS (
    SELECT id, taken, spent_minor, 0 AS wishes, 0 AS cost_minor
    FROM reward
    WHERE shop_id = :shop_id
    UNION ALL
    SELECT reward_id, 0, 0, 1, cost_minor
    FROM redemption
    WHERE shop_id = :shop_id AND state IN ('reserved', 'issued', 'used', 'parked')
), by_reward AS (
    SELECT id, SUM(taken) AS taken, SUM(spent_minor) AS spent_minor, SUM(wishes) AS wishes,
           SUM(cost_minor) AS cost_minor
    FROM counted
    GROUP BY id
)
SELECT 'redemption_held' AS what, 'redemption ' || id AS place,
       held AS stored, in_held AS recomputed
FROM by_redemption
WHERE held <> in_held
UNION ALL
SELECT 'redemption_spent', 'redemption ' || id, spent, in_redeemed
FROM by_redemption
WHERE spent <> in_redeemed
UNION ALL
SELECT 'redemption_entries', 'redemption ' || id, entries, movements
FROM by_redemption
WHERE entries <> movements
UNION ALL
-- Points are held while it is open, spent once it is used, and neither once it ended.
SELECT 'redemption_state', 'redemption ' || id || ' ' || state, held + spent,
       CASE WHEN state IN ('reserved', 'issued', 'parked') THEN points
            WHEN state = 'used' THEN spent ELSE 0 END
FROM redemption
WHERE shop_id = :shop_id
  AND held + spent <> CASE WHEN state IN ('reserved', 'issued', 'parked') THEN points
                           WHEN state = 'used' THEN spent ELSE 0 END
UNION ALL
SELECT 'redemption_open', name, SUM(stored), SUM(recomputed)
FROM holding
GROUP BY name
HAVING SUM(stored) <> SUM(recomputed)
UNION ALL
SELECT 'reward_taken', 'reward ' || id, taken, wishes
FROM by_reward
WHERE taken <> wishes
UNION ALL
SELECT 'reward_spent', 'reward ' || id, spent_minor, cost_minor
FROM by_reward
WHERE spent_minor <> cost_minor
