-- Question: of these members, each with who is part of them, who has which entry gift of a level
--           twice, and which is noted otherwise than it is?
-- Grain   : one row per reaching with an entry gift to be withdrawn, or given again
-- Reads   : tier_reach, member (shop_id, id and merged_into)
WITH gave AS (
    SELECT reach.id, reach.level_id, reach.gift, reach.reached_at, reach.doubled_at,
           COALESCE(person.merged_into, person.id) AS owner,
           -- A level that was lost and reached again gave again: the first doubles the first.
           ROW_NUMBER() OVER (PARTITION BY reach.member_id, reach.level_id ORDER BY reach.id) AS nth
    FROM member AS person
    JOIN tier_reach AS reach
      ON reach.shop_id = :shop_id AND reach.member_id = person.id
    WHERE person.shop_id = :shop_id
      AND (person.id IN :ids OR person.merged_into IN :ids)
      AND reach.gift IS NOT NULL AND reach.undone_at IS NULL
), judged AS (
    SELECT id, gift, owner, doubled_at,
           ROW_NUMBER() OVER (PARTITION BY owner, level_id, nth ORDER BY reached_at, id) AS place
    FROM gave
)
SELECT id, gift, owner, doubled_at
FROM judged
WHERE (place > 1 AND doubled_at IS NULL) OR (place = 1 AND doubled_at IS NOT NULL)
ORDER BY id
