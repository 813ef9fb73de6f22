-- Question: what of a cause's donations is due and in no batch yet?
-- Grain   : one new line per donation; a change of one that was in a batch before is its difference
-- Reads   : giving_donation (shop_id, cause_id, currency, due_minor <> locked_minor)
INSERT INTO giving_batch_line (shop_id, batch_id, order_id, kind, line_key,
                               gross_minor, refunded_minor)
SELECT shop_id, :batch_id, order_id, kind, line_key,
       CASE WHEN locks = 0 THEN given_minor
            WHEN due_minor > locked_minor THEN due_minor - locked_minor ELSE 0 END,
       CASE WHEN locks = 0 THEN given_minor - due_minor
            WHEN due_minor < locked_minor THEN locked_minor - due_minor ELSE 0 END
FROM giving_donation
WHERE shop_id = :shop_id AND cause_id = :cause_id AND currency = :currency
  AND due_minor <> locked_minor AND given_at < :until
