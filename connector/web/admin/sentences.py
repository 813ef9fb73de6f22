"""Codes as sentences: what failed, what is safe, what to do. Only sentences are translated."""

from __future__ import annotations

from dataclasses import dataclass

from markupsafe import Markup

from connector.core.errors import BadInput
from connector.web.admin.words import mark, t

ERRORS = {
    "sign_in_needed": mark("You are not signed in."),
    "link_spent": mark("This sign-in link was used already, or is too old."),
    "csrf": mark("This form could not be proven to come from your own page."),
    "bad_host": mark("This is not the address of this service."),
    "shop_not_found": mark("There is no such store in your account."),
    "member_not_found": mark("There is no such member in this store."),
    "order_not_found": mark("There is no such order in this store."),
    "draft_not_found": mark("There is no draft to publish."),
    "trial_not_found": mark("There is no such comparison in this store."),
    "place_not_found": mark("There is no such place."),
    "trial_stopped": mark("This comparison is over already."),
    "referral_not_found": mark("There is no such introduction in this store."),
    "webhook_not_found": mark("There is no such webhook in this store."),
    "message_not_found": mark("There is no such message any more."),
    "not_found": mark("There is nothing at this address."),
    "state_mismatch": mark("The installation was begun in another browser."),
    "intent_not_found": mark("This installation is finished or too old."),
    "shop_taken": mark("This store is connected to an account already."),
    "url_not_allowed": mark("This address cannot be a store’s."),
    "reconnect": mark("The store’s permission for us is gone."),
    "owner_needed": mark("Only the owner of the account can change this."),
    "ask_unreadable": mark("This request to confirm is too old, or not of this member."),
    "too_many_requests": mark("There were too many tries from your address."),
    "draft_gone": mark("This draft was published or discarded."),
    "version_not_found": mark("There is no such version any more."),
    "rule_not_found": mark("This rule is not in the draft any more."),
    "same_member": mark("A member cannot become part of itself."),
    "merged_already": mark("One of the two is part of another member already."),
    "keep_the_account": mark("A guest becomes part of an account, not the other way round."),
    "merge_final": mark("This can no longer be undone."),
    "guest_returned": mark("This guest has ordered again since. Merge the two instead."),
    "import_not_found": mark("There is no such import."),
    "import_not_checked": mark("This file is still being checked."),
    "import_running": mark("This file is being taken over."),
    "internal_error": mark("Something failed on our side, and was noted."),
}
ADVICE = {
    "csrf": mark("Go back, reload the page and send the form again."),
    "state_mismatch": mark("Continue where you began, or begin again."),
    "intent_not_found": mark("Begin the installation again."),
    "shop_taken": mark(
        "Is it yours? Sign in to your account and connect it again from there. "
        "Otherwise ask its owner to disconnect it first."
    ),
    "url_not_allowed": mark("Give the public https address that your shoppers visit."),
    "too_many_requests": mark("Wait a minute, then try again."),
    "internal_error": mark("Try again in a minute. If it fails again, tell us the code below."),
}
FIELDS = {
    "amount_range": mark("Give a number from 1 to 1,000,000,000."),
    "integer_required": mark("Give a whole number."),
    "amount_format": mark(
        "Write the amount in digits, with no more decimals than {currency} has."
    ),
    "insufficient_points": mark("Only {available} can be taken."),
    "reason_length": mark("Say why, in 1 to 200 characters."),
    "name_length": mark("Give a name of 1 to 80 characters."),
    "name_taken": mark("There is a cause of this name already."),
    "story_length": mark("Write at most 500 characters."),
    "label_length": mark("Name the key with 1 to 80 characters."),
    "rate_missing": mark("Say what {currency} earns."),
    "rate_range": mark("Points can be 0 to 1,000,000, and the amount must be above zero."),
    "rate_doubled": mark("Each currency can have one rate."),
    "hold_range": mark("Give 0 to 365 days."),
    "award_on": mark("Choose paid or completed."),
    "currency_missing": mark("Say which currency: three letters, such as EUR."),
    "unknown_currency": mark("{code} is not a currency we know."),
    "ratio_range": mark("Give 0 to 1,000 percent."),
    "least_zero": mark("Give 0 or more."),
    "gifts_unbounded": mark("Shoppers’ own gifts have no least and no most: they have paid them."),
    "budget_elsewhere": mark("The reward that takes the points has the budget."),
    "too_many_amounts": mark("At most six amounts."),
    "causes_range": mark("At most 12 causes, each once."),
    "cause_not_found": mark("Choose causes, each with a part from 1 to 100."),
    "campaign_other": mark("Choose an open goal in the same currency."),
    "campaign_not_found": mark("Choose an open goal in the same currency."),
    "campaign_in_use": mark("Close its programs first."),
    "campaign_closed": mark("It is closed already."),
    "programme_published": mark("It is published, and its terms stay."),
    "programme_closed": mark("It is closed already."),
    "percent_range": mark("Give 0 to 100 percent."),
    "collection_missing": mark("Name a collection or category."),
    "too_many": mark("These are too many."),
    "pages_range": mark("Give 0 to 100 pages."),
    "holdout_range": mark("Give 0 to 20 percent."),
    "rows_limit_range": mark("Give 1 to 50 rows."),
    "trial_sides": mark("Choose two different rows, or two different rankings."),
    "trial_surface": mark("Choose a place, and rows that can stand there."),
    "trial_running": mark("A comparison runs at this place already. Stop it first."),
    "referral_points": mark("Give 0 to 1,000,000 points."),
    "referral_minimum": mark("Give an amount from zero on."),
    "referral_empty": mark("Give one of the two something, or switch introductions off."),
    "window_range": mark("Give 1 to 365 days."),
    "cap_range": mark("Give 1 to 10,000, or nothing for no cap."),
    "score_range": mark("Give 1 to 1,000."),
    "reward_not_found": mark("Choose one of your rewards."),
    "referral_decided": mark("This introduction no longer waits for a decision."),
    "note_length": mark("Write at most 300 characters."),
    "product_missing": mark("Say which product."),
    "product_not_found": mark("No product is called so."),
    "product_unclear": mark("Which of these? {products}"),
    "pin_beside_itself": mark("No product goes with itself."),
    "collection_unknown": mark("Your store has no collection or category of this name."),
    "too_many_products": mark("At most 20 products."),
    "product_unknown": mark("We know no product of this number."),
    "cause_missing": mark("Choose a cause."),
    "cause_is_default": mark("Make another cause the default first."),
    "cause_in_use": mark("Close the programmes that give to it first."),
    "cause_closed": mark("Open it again first."),
    "country_format": mark("Give two letters, such as DE."),
    "date_future": mark("Give today or a day before."),
    "date_format": mark("Give a day, such as 2026-12-01."),
    "date_range": mark("Give a day that has come, and not before the last day of its gifts."),
    "payee_missing": mark("Say first on the cause’s page whom the money is sent to."),
    "nothing_to_remit": mark("Nothing is due up to this day. Refunds are carried on."),
    "batch_state": mark("Somebody was faster: the batch is in another state by now."),
    "reference_length": mark("Write 1 to 140 characters."),
    "receipt_length": mark("Write 1 to 140 characters."),
    "proof_format": mark("Choose a PDF, PNG or JPEG file."),
    "proof_size": mark("A proof can have 2 MB at most."),
    "too_many_proofs": mark("There are 10 proofs already."),
    "cost_missing": mark("A budget needs to know what one costs you."),
    "reward_currency": mark("Your store has another currency by now. Add a new reward."),
    "too_many_rewards": mark("There are 200 rewards already."),
    "gift_missing": mark("Choose a reward."),
    "members_missing": mark("Nobody would get it."),
    "member_not_found": mark("No member has this e-mail."),
    "factor_range": mark("Give a factor such as 2 or 1.5, at most 10."),
    "points_range": mark("Give 0 to 1,000,000 points."),
    "days_range": mark("Give 0 to 365 days."),
    "count_range": mark("Give 1 to 365."),
    "priority_range": mark("Give −100 to 100."),
    "minimum_range": mark("Give an amount above zero."),
    "most_range": mark("Give 1 to 1,000,000,000, or nothing."),
    "reward_paused": mark("This reward is paused."),
    "gift_one": mark("Say what it gives: points above zero, days or a reward."),
    "gift_most": mark("The most must not be below the number above."),
    "gift_kind": mark("This kind of rule gives no fixed gift."),
    "window": mark("The last day must not be before the first."),
    "date": mark("Give a day, such as 2026-12-01."),
    "starts_past": mark("Give a day from today on."),
    "starts_range": mark("Give a day within a year from now."),
    "text_length": mark("Write 1 to 200 characters."),
    "too_many_names": mark("At most 200 names."),
    "too_many_rules": mark("At most 60 rules."),
    "rule_doubled": mark("This rule is in the draft twice."),
    "too_many_drafts": mark("There are 20 drafts already. Discard one first."),
    "hold_from": mark("Choose paid or delivered."),
    "expiry": mark("Choose how points end."),
    "expiry_region": mark("Where time alone may not end points, choose inactivity or never."),
    "expiry_range": mark("Give 1 to 60 months."),
    "forgive_range": mark("Give 0 to 10,000 points."),
    "template": mark("There is no such template."),
    "already_started": mark("It has started already, and stays as it is."),
    "not_a_draft": mark("This draft was published or discarded."),
    "never_published": mark("Only what was in force can come back."),
    "version_not_found": mark("There is no such version any more."),
    "url_not_allowed": mark("Give a public https address, without a port or a fragment."),
    "topics_unknown": mark("Choose what it hears."),
    "too_many_webhooks": mark("There are 20 webhooks already."),
    "webhook_exists": mark("A webhook with this address hears these events already."),
    "webhook_off": mark("Switch it on first."),
    "other_not_found": mark("Nobody is known by this."),
    "occasion_day": mark("There is no such day in the year."),
    "occasion_unknown": mark("No rule of your program is about this day."),
    "occasion_name": mark("Use up to 40 letters, digits, spaces and hyphens."),
    "occasions_many": mark("There are too many days already."),
    "words_length": mark("Write 1 to 120 characters in each language you use."),
    "choices_count": mark("Give 2 to 6 choices."),
    "file_missing": mark("Choose a file."),
    "file_empty": mark("There is nobody in this file."),
    "file_too_long": mark("This file has too many lines. Split it."),
    "wrong_column": mark("The first line must name each column once."),
    "unreadable_line": mark("This is not a CSV file in UTF-8."),
    "line_too_long": mark("A line of this file is too long."),
    "column_missing": mark("The file has no such column."),
    "identity_column": mark("Say which column is the e-mail or the platform id."),
    "layout_not_found": mark("These saved columns are gone."),
    "": mark("This value cannot be used."),
    "invalid_text": mark("This text has characters that cannot be kept."),
}
CURRENCY_CHANGED = mark("Your program gives nothing for {currency} yet. Say what it earns.")
SAID = {
    "merged": mark("Merged. Points and orders follow within seconds; it can be undone."),
    "unmerged": mark("They are two again. Points and orders follow within seconds."),
    "blocked": mark("Blocked. This member earns and redeems nothing from now on."),
    "unblocked": mark("This member takes part again."),
    "saved": mark("Saved."),
    "locked": mark("Locked. Refunds from now on are lines of the next batch."),
    "unlocked": mark("Taken apart. What was in it is ready again."),
    "joined": mark("This account is a member now."),
    "trial": mark("Started. It counts from tomorrow on."),
    "trial_over": mark("Stopped. What it told stays below."),
    "questions": mark("Saved. Members are asked this from now on."),
    "adjusted": mark("Points adjusted. The new balance is below."),
    "confirmed": mark("This was confirmed already. Nothing more was given."),
    "published": mark("Saved. New orders earn by these rules from now on."),
    "scheduled": mark("Scheduled. You can withdraw it until it starts."),
    "withdrawn": mark("Withdrawn. What is in force stays."),
    "draft": mark("Draft saved."),
    "discarded": mark("Draft discarded."),
    "unchanged": mark("Nothing was changed: these are the rules already."),
    "referrals": mark("Saved. It counts for claims and orders from now on."),
    "introduced": mark("Approved. It is rewarded at the end of its hold."),
    "not_introduced": mark("Refused. Advocate and friend get nothing for it."),
    "webhook": mark("Saved. It counts for what is not sent yet, too."),
    "webhook_on": mark("It is on. It hears what happens from now on."),
    "webhook_off": mark("It is off. What waited is not sent."),
    "webhook_ping": mark("It is on its way. Reload the page to see what came of it."),
    "webhook_gone": mark("Webhook removed, with its log."),
    "cause": mark("Cause added. Shoppers can choose it now."),
    "replayed": mark("Trying again. This takes a few seconds."),
    "importing": mark("The import has begun. It goes on by itself."),
    "worth": mark("Saved. The figures below reckon with it."),
    "team": mark("Saved. It counts from now on."),
    "revoked": mark("Key revoked. It opens nothing any more."),
    "giving_on": mark("Published. It gives for orders from its first day on."),
    "tiers_draft": mark("Kept as a draft. Nothing is in force yet."),
    "tiers_published": mark("Published. Members are placed within minutes."),
    "tiers_days": mark("The free days begin within a second."),
    "tiers_days_ended": mark("The VIP days end within a second."),
    "tiers_discarded": mark("The draft is gone. What is in force stays."),
    "reward_kept": mark("Saved. It is offered so from now on."),
    "reward_on": mark("It is offered again."),
    "reward_paused": mark("Paused. What members have of it can still be used."),
    "redemption_over": mark("This was decided already, or an order was faster."),
    "decided": mark("Done."),
    "gift_one": mark("The gift is on its way."),
    "gift_sent": mark("The gifts are on their way."),
    "checking": mark("Checking the connection. This takes a few seconds."),
}


@dataclass(frozen=True, slots=True)
class Trouble:
    """Why a connection does not work, and whether it needs the merchant."""

    sentence: str
    needs_merchant: bool


_WAITS = Trouble(mark("{shop} does not answer as it should. We keep trying."), False)
_RECONNECT = Trouble(mark("{shop} no longer lets us in."), True)
TROUBLES = {
    "reconnect": _RECONNECT,
    "reauthorize": _RECONNECT,
    "access_denied": _RECONNECT,
    "platform_refused": _RECONNECT,
    "scope_too_small": Trouble(mark("{shop} lets us read less than we need."), True),
    "platform_unreachable": Trouble(mark("{shop} cannot be reached. We keep trying."), False),
    "platform_no_api": Trouble(mark("{shop} has its REST API switched off."), True),
    "platform_blocked": Trouble(mark("A firewall keeps us out of {shop}."), True),
    "platform_moved": Trouble(mark("{shop} has moved to another address."), True),
}
STOPS = {
    "earned": mark("It earned."),
    "test_order": mark("It is a test order; those never earn."),
    "cancelled": mark("It was cancelled, so nothing is earned."),
    "refunded": mark("It was refunded, so nothing is left to earn."),
    "deleted": mark("It was deleted, so nothing is earned."),
    "not_paid": mark("It is not paid yet. It earns when it is."),
    "not_completed": mark("It is not completed yet. It earns when it is."),
    "no_rate": mark("Your program has no rate for {currency}."),
    "zero_rate": mark("Your program gives 0 points for {currency}."),
    "nothing_counts": mark("Nothing in it counts: gifts, gift cards and shipping never earn."),
    "below_one_point": mark("It is too small for one whole point."),
    "no_identity": mark("It has no customer account and no e-mail, so nobody can earn."),
    "b2b": mark("It is an order of a company (B2B), and your program leaves those out."),
    "excluded_order": mark("It has a tag that your program leaves out."),
    "excluded_member": mark("Its member has a tag or role that your program leaves out."),
    "blocked": mark("Its member is blocked, so nothing is earned."),
    "before_program": mark("It is from before Perennial, and your program leaves those out."),
}
STATES = {
    "open": mark("open"),
    "paid": mark("paid"),
    "completed": mark("completed"),
    "cancelled": mark("cancelled"),
    "refunded": mark("refunded"),
    "deleted": mark("deleted"),
}
KINDS = {
    "donation": mark("gifts never earn"),
    "gift_card": mark("gift cards never earn"),
    "tip": mark("tips never earn"),
    "fee": mark("fees do not count"),
}
PLATFORMS = {"shopify": "Shopify", "woocommerce": "WooCommerce"}


def trouble(problem: str) -> Trouble:
    """The trouble behind a shop's problem code; lost rights come with the platform's own words."""
    if problem.startswith(("scopes taken away", "woocommerce_rest")):
        return _RECONNECT
    return TROUBLES.get(problem, _WAITS)


def refusal(problem: BadInput | Exception, **values: object) -> Markup:
    """The sentence beside a form's field for a refused value."""
    code = getattr(problem, "code", "")
    return t(FIELDS.get(code, FIELDS[""]), **values)


def stop(reason: str, currency: str) -> Markup:
    """Why an order earns nothing, or that it does."""
    return t(STOPS[reason], currency=currency)


def refused(code: str | None) -> Markup | None:
    """Why an act could not be done, by the code in the address after it."""
    return t(FIELDS[code]) if code and code in FIELDS else None


def said(code: str | None) -> Markup | None:
    """What an act just did, by the code in the address after it."""
    return t(SAID[code]) if code in SAID else None
