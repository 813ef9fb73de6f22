"""Everything a shop has can be taken out: every table is in an export, or here with the reason."""

from connector.core.db import metadata
from connector.web import takeout

STAYS = {  # tables with rows of a shop that no export tells
    # sums and copies of what is told elsewhere
    "ledger_account": "sums of entries",
    "ledger_seal": "hashes of entries",
    "points_member": "from tiers",
    "giving_member": "levels from tiers, and a choice that gifts tell",
    "giving_tally": "sums of donations",
    "giving_month": "sums of the book",
    "giving_answers": "counts of orders and gifts, made anew",
    "points_budget": "sums of awards",
    "action_budget": "sums of awards",
    "action_streak": "from awards",
    "reward_member": "from tiers",
    "tier_discount": "at the platform",
    "mirror": "at the platform",
    "imported_balance": "from files that came",
    "order_revision": "what orders were before",
    "rehearsal": "computed from orders",
    "shop_plugin": "what a store runs",
    "spent_token": "hashes of sign-ins that were used",
    "recommend_together": "computed from orders",
    "recommend_member": "the same",
    "recommend_product": "the same",
    "recommend_trend": "the same",
    "recommend_build": "when that was",
    "recommend_score": "computed from orders",
    "recommend_scoring": "when that was",
    "learning_bucket": "sums without names",
    "learning_row": "sums without names",
    "learning_shown": "products, not people",
    "learning_order": "from orders",
    "ledger_moved": "computed from entries",
    # hashes, keys and secrets: they say nothing elsewhere
    "credential": "secret",
    "api_key": "secret",
    "member_key": "secret",
    "member_person": "told by members",
    "member_word": "hashes",
    "member_sign": "hashes",
    "tombstone": "hashes",
    "referral_visitor": "hashes",
    # work in progress
    "inbox": "deliveries",
    "outbox": "errands",
    "fact_noticed": "errands",
    "idempotent_reply": "answers",
    "install_intent": "installs",
    "listener_message": "errands",
    "listener_attempt": "errands",
    "order_import": "how far it is",
    "program_night": "when it is due",
    "member_import_chunk": "files that came",
    "member_import_line": "files that came",
    "member_import_problem": "files that came",
}


def test_every_table_is_told_or_stays_for_a_reason():
    told = {"member", *(one.name for tables in takeout.TABLES.values() for one in tables)}
    of_shops = {one.name for one in metadata.sorted_tables if "shop_id" in one.columns}
    assert told | STAYS.keys() == of_shops
    assert not told & STAYS.keys()
