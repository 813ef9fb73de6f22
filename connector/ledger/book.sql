-- Question: write what a book says, and say how many lots and accounts could give what is taken
-- Grain   : one row: lots drawn of, accounts lowered
-- Reads   : ledger_lot, ledger_account (shop_id); writes all of the book; PostgreSQL only
-- What is looked up comes as arrays: of JSON rows the planner expects so many that it would rather
-- read a whole table.
WITH entries AS (
    INSERT INTO ledger_entry (shop_id, id, unit, amount, from_account, to_account, source, kind,
                              occurred_at, local_date, expires_at, rule_version, qualifying)
    SELECT :shop_id, id, :unit, amount, from_account, to_account, source, kind,
           occurred_at, local_date, expires_at, rule_version, qualifying
    FROM json_to_recordset(CAST(:entries AS json))
      AS told(id BIGINT, amount BIGINT, from_account TEXT, to_account TEXT, source TEXT, kind TEXT,
              occurred_at TIMESTAMPTZ, local_date TEXT, expires_at TIMESTAMPTZ,
              rule_version INTEGER, qualifying BIGINT)
), lots AS (
    INSERT INTO ledger_lot (shop_id, id, unit, account, origin, granted, remaining, expires_at)
    SELECT :shop_id, id, :unit, account, origin, granted, remaining, expires_at
    FROM json_to_recordset(CAST(:lots AS json))
      AS told(id BIGINT, account TEXT, origin TEXT, granted BIGINT, remaining BIGINT,
              expires_at TIMESTAMPTZ)
), consumptions AS (
    INSERT INTO ledger_consumption (shop_id, entry_id, lot_id, amount)
    SELECT :shop_id, entry_id, lot_id, amount
    FROM json_to_recordset(CAST(:consumptions AS json))
      AS told(entry_id BIGINT, lot_id BIGINT, amount BIGINT)
), drawn AS (
    UPDATE ledger_lot AS lot
    SET remaining = lot.remaining - told.taken
    FROM UNNEST(CAST(:drawn_lots AS BIGINT[]), CAST(:drawn AS BIGINT[])) AS told(lot_id, taken)
    WHERE lot.shop_id = :shop_id AND lot.id = told.lot_id AND lot.remaining >= told.taken
    RETURNING 1
), raised AS (
    INSERT INTO ledger_account AS account (shop_id, unit, name, balance, version)
    SELECT :shop_id, :unit, name, amount, entries
    FROM json_to_recordset(CAST(:raised AS json))
      AS told(name TEXT, amount BIGINT, entries BIGINT)
    ON CONFLICT (shop_id, unit, name) DO UPDATE
    SET balance = account.balance + excluded.balance, version = account.version + excluded.version
), lowered AS (
    UPDATE ledger_account AS account
    SET balance = account.balance + told.amount, version = account.version + told.entries
    FROM UNNEST(CAST(:lowered_names AS TEXT[]), CAST(:lowered AS BIGINT[]),
                CAST(:lowered_entries AS BIGINT[])) AS told(name, amount, entries)
    WHERE account.shop_id = :shop_id AND account.unit = :unit AND account.name = told.name
      AND (account.balance + told.amount >= 0 OR account.name LIKE 'debt:%')
    RETURNING 1
)
SELECT (SELECT COUNT(*) FROM drawn) AS drawn, (SELECT COUNT(*) FROM lowered) AS lowered
