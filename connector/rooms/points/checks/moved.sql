-- Question: what of orders and gifts counts for the level of somebody else than whose they are?
-- Grain   : one row per order or gift, somebody else, and local date; one where no sum is kept
-- Reads   : ledger_entry, ledger_moved, points_order, points_gift, member (shop_id)
WITH owned AS (
    SELECT 'points:order:' || order_id AS stem, member_id
    FROM points_order
    WHERE shop_id = :shop_id
    UNION ALL
    SELECT 'points:gift:' || id, member_id
    FROM points_gift
    WHERE shop_id = :shop_id
), booked AS (
    -- A source is <stem>:<account>:<number>: what is cut off the end leaves the stem.
    SELECT RTRIM(RTRIM(source, '0123456789'), 'abcdefghijklmnopqrstuvwxyz:') AS stem,
           CASE WHEN from_account = 'program' THEN to_account ELSE from_account END AS account,
           local_date,
           CASE WHEN from_account = 'program' THEN qualifying ELSE -qualifying END AS qualifying
    FROM ledger_entry
    WHERE shop_id = :shop_id AND unit = 'PTS' AND qualifying IS NOT NULL
), named AS (
    -- What had lapsed when it was taken back counts less for whoever earned it.
    SELECT booked.stem, COALESCE(brought.to_account, booked.account) AS account,
           booked.local_date, booked.qualifying
    FROM booked
    LEFT JOIN ledger_entry AS brought
      ON brought.shop_id = :shop_id AND booked.account IN ('expired', 'forfeited')
     AND brought.source IN (booked.stem || ':member:0', booked.stem || ':pending:0')
), counted AS (
    SELECT stem,
           CAST(REPLACE(REPLACE(REPLACE(account, 'member:', ''), 'pending:', ''), 'debt:', '')
                AS BIGINT) AS member_id,
           local_date, qualifying
    FROM named
    WHERE account LIKE 'member:%' OR account LIKE 'pending:%' OR account LIKE 'debt:%'
    UNION ALL
    SELECT stem, member_id, local_date, qualifying
    FROM ledger_moved
    WHERE shop_id = :shop_id
), by_person AS (
    SELECT counted.stem, COALESCE(person.merged_into, person.id) AS person,
           counted.local_date, SUM(counted.qualifying) AS qualifying
    FROM counted
    JOIN member AS person ON person.shop_id = :shop_id AND person.id = counted.member_id
    GROUP BY counted.stem, COALESCE(person.merged_into, person.id), counted.local_date
)
SELECT 'points_counted' AS what,
       by_person.stem || ' member ' || by_person.person || ' on ' || by_person.local_date AS place,
       by_person.qualifying AS stored, 0 AS recomputed
FROM by_person
JOIN owned ON owned.stem = by_person.stem
JOIN member AS owner ON owner.shop_id = :shop_id AND owner.id = owned.member_id
WHERE by_person.person <> COALESCE(owner.merged_into, owner.id) AND by_person.qualifying <> 0
UNION ALL
SELECT 'points_moved', stem || ' on ' || local_date, SUM(qualifying), 0
FROM ledger_moved
WHERE shop_id = :shop_id
GROUP BY stem, local_date
HAVING SUM(qualifying) <> 0
