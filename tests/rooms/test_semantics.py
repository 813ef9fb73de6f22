"""The table of points semantics, row by row: which test proves each decision."""

import ast
from pathlib import Path

import pytest

ROOMS = Path(__file__).parent
_POINTS = "points/test_semantics.py"
ROWS = {
    "Earning base": (
        _POINTS,
        "test_earning_base_is_the_line_after_every_discount_without_tax_shipping_tips_and_gifts",
    ),
    "Paying with gift card / store credit": (
        _POINTS,
        "test_paying_with_a_gift_card_earns_and_buying_one_never_does",
    ),
    "Rounding": (_POINTS, "test_rounding_is_down_once_per_order_and_reversals_use_the_split"),
    "When": (_POINTS, "test_when_paid_points_wait_and_the_hold_or_the_delivery_ends_it"),
    "Multipliers, overlapping rules": (
        _POINTS,
        "test_multipliers_overlapping_rules_the_best_counts_once_and_bonuses_add",
    ),
    "Cancel / full refund / chargeback": (
        _POINTS,
        "test_cancel_full_refund_chargeback_takes_back_everything_the_order_gave",
    ),
    "Partial refund": (
        _POINTS,
        "test_partial_refund_takes_the_lines_share_the_moneys_share_or_nothing",
    ),
    "Redeemed points on partial": (
        "rewards/test_orders.py",
        "test_points_return_in_proportion_to_the_discount_on_what_is_returned",
    ),
    "Refund to store credit": (_POINTS, "test_refund_to_store_credit_is_a_refund_like_cash"),
    "Edit / exchange": (
        _POINTS,
        "test_edit_exchange_posts_the_difference_by_the_orders_own_rule",
    ),
    "Rule changed since": (_POINTS, "test_rule_changed_since_the_snapshot_always_holds"),
    "Spent before refund": (
        _POINTS,
        "test_spent_before_refund_goes_below_zero_blocks_redeeming_and_later_points_repay",
    ),
    "Redemption": (
        "rewards/test_redeeming.py",
        "test_a_paid_order_spends_the_points_and_the_reward_is_redeemed_once",
    ),
    "Expiry": (
        _POINTS,
        "test_expiry_is_by_lots_after_two_delivered_notices_and_regions_may_forbid_time_alone",
    ),
    "Currency": (_POINTS, "test_currency_is_the_orders_own_and_no_rate_is_no_points"),
    "Guest -> account": (
        _POINTS,
        "test_guest_points_wait_for_the_account_with_that_mailbox",
    ),
    "Merge / e-mail change": (
        _POINTS,
        "test_merge_moves_entries_keeps_dates_dedupes_what_is_had_once_and_can_be_undone",
    ),
    "Tier qualifier": (
        "tiers/test_standing.py",
        "test_pending_points_lift_and_spending_or_expiry_never_lowers",
    ),
    "Retention / downgrade": (
        "tiers/test_standing.py",
        "test_a_refund_after_the_hold_falls_with_notice_and_softly",
    ),
    "Refund below threshold": (
        "tiers/test_standing.py",
        "test_a_refund_inside_the_hold_undoes_the_level_and_its_gift",
    ),
    "VIP trial": ("tiers/test_vip.py", "test_the_days_begin_at_once_and_end_by_themselves"),
    "Referral abuse": (
        "referrals/test_people.py",
        "test_a_household_is_held_and_never_refused",
    ),
    "Birthday/occasion": (
        _POINTS,
        "test_birthday_occasion_is_once_a_year_on_its_day_and_a_late_date_counts_next_year",
    ),
    "Duplicates, reordering": (_POINTS, "test_duplicates_reordering_change_nothing"),
    "Donation line": (
        _POINTS,
        "test_donation_line_earns_nothing_and_a_bonus_for_it_goes_with_it",
    ),
    "Points donated": (
        "rewards/test_kinds.py",
        "test_points_for_a_cause_can_be_undone_for_a_day_and_then_the_shop_owes_them",
    ),
    "Staff, B2B, test, draft": (_POINTS, "test_staff_b2b_test_draft_orders_earn_nothing"),
    "Erasure": (
        _POINTS,
        "test_erasure_closes_the_balance_by_a_forfeiture_so_that_the_books_tie",
    ),
    "Adjustment": (_POINTS, "test_adjustment_needs_a_reason_and_never_makes_debt"),
}


@pytest.mark.parametrize("row", ROWS)
def test_each_row_has_its_test(row: str) -> None:
    file, name = ROWS[row]
    tree = ast.parse((ROOMS / file).read_text(encoding="utf-8"))
    found = {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}
    assert name in found, f"{row}: {file} has no {name}"
