-- Question: what did introductions bring in a period?
-- Grain   : one row
-- Reads   : referral_day, referral (shop_id, local_date), referral_link
WITH seen AS (
    SELECT code, SUM(visits) AS visits, SUM(shares) AS shares
    FROM referral_day
    WHERE shop_id = :shop_id AND local_date BETWEEN :since AND :until
    GROUP BY code
), brought AS (
    SELECT advocate_id, state
    FROM referral
    WHERE shop_id = :shop_id AND local_date BETWEEN :since AND :until
), active AS (
    -- An advocate is active whose link was shared or opened, or brought an order.
    SELECT link.member_id AS advocate_id
    FROM seen
    JOIN referral_link AS link ON link.shop_id = :shop_id AND link.code = seen.code
    UNION
    SELECT advocate_id FROM brought
)
SELECT COALESCE((SELECT SUM(visits) FROM seen), 0)                AS visits,
       COALESCE((SELECT SUM(shares) FROM seen), 0)                AS shares,
       (SELECT COUNT(*) FROM brought)                             AS orders,
       (SELECT COUNT(*) FROM brought WHERE state = 'waiting')     AS waiting,
       (SELECT COUNT(*) FROM brought WHERE state = 'held')        AS held,
       (SELECT COUNT(*) FROM brought WHERE state = 'kept')        AS kept,
       (SELECT COUNT(*) FROM active)                              AS advocates
