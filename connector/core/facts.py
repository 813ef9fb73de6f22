"""What happened, in the past tense. A fact says what changed; listeners re-read the book.

Handlers take a batch of one fact type (one or five thousand: the same code serves a webhook and a
history import) and return the facts they cause; nothing nests.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection


@dataclass(frozen=True, slots=True)
class Fact:
    """Base of all facts; every fact belongs to one shop."""

    shop_id: int


@dataclass(frozen=True, slots=True)
class OrderChanged(Fact):
    """The order book holds a newer state of this order."""

    order_id: int


@dataclass(frozen=True, slots=True)
class OrderConfirmed(Fact):
    """An authenticated read has seen this order in this shop."""

    order_id: int


@dataclass(frozen=True, slots=True)
class MembersMerged(Fact):
    """``gone_id`` became part of ``kept_id``; what it owns must follow."""

    kept_id: int
    gone_id: int


@dataclass(frozen=True, slots=True)
class MembersUnmerged(Fact):
    """What became part of ``kept_id`` stands for itself again; what was its own follows."""

    kept_id: int
    gone_id: int


@dataclass(frozen=True, slots=True)
class MemberErased(Fact):
    """The person is gone; what the member owns is forfeited."""

    member_id: int


@dataclass(frozen=True, slots=True)
class MemberJoined(Fact):
    """Somebody has an account with us from now on."""

    member_id: int


@dataclass(frozen=True, slots=True)
class MemberChanged(Fact):
    """What is known of the person changed: consent, verified e-mail, tags, occasions.

    ``became``: which of email_verified and accepts_marketing turned true. What is merely learnt
    of somebody who was a customer before us did not happen now, and is not among them.
    """

    member_id: int
    became: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class PointsChanged(Fact):
    """The book holds other points of this member."""

    member_id: int


@dataclass(frozen=True, slots=True)
class TierChanged(Fact):
    """The member stands on another tier, or on one for a while.

    ``level`` counts from 1, the lowest; 0: on none. ``multiplier_percent``: 100 is plain.
    """

    member_id: int
    level: int
    multiplier_percent: int


@dataclass(frozen=True, slots=True)
class GiftGiven(Fact):
    """A member is to have something: points, a reward without a price, or days on a tier.

    Complete by itself and heard once for each ``source``: points, rewards and tiers take their
    own part. ``note`` is what the giver says. ``waits_until``: points are pending until then.
    """

    member_id: int
    source: str
    points: int = 0
    reward_id: int | None = None
    tier_days: int = 0
    tier_id: int | None = None
    note: str = ""
    qualifies: bool = False
    waits_until: datetime | None = None


@dataclass(frozen=True, slots=True)
class GiftWithdrawn(Fact):
    """What the gift of this ``source`` was for is undone; a reward goes if it is unspent.

    Points that were spent are owed, unless only what is ``unspent`` is to go.
    """

    member_id: int
    source: str
    unspent: bool = False


@dataclass(frozen=True, slots=True)
class GiftRestored(Fact):
    """What the gift of this ``source`` was for holds again: what went at ``taken_at`` returns.

    ``tier_days``: how many days on a tier the gift was, of which what was taken goes on.
    """

    member_id: int
    source: str
    taken_at: datetime
    tier_days: int = 0


@dataclass(frozen=True, slots=True)
class RewardRedeemed(Fact):
    """A reward was used, for good."""

    member_id: int
    redemption_id: int


@dataclass(frozen=True, slots=True)
class CodeIssued(Fact):
    """A member has a discount code by now. ``source``: of the gift it is, "" if it is none."""

    member_id: int
    code: str
    source: str = ""


@dataclass(frozen=True, slots=True)
class CodeEnded(Fact):
    """A discount code of this member is over and was never used."""

    member_id: int


@dataclass(frozen=True, slots=True)
class ReferralKept(Fact):
    """An introduction has stood its hold: the advocate ``member_id`` has the reward."""

    member_id: int
    referral_id: int


@dataclass(frozen=True, slots=True)
class PointsDonated(Fact):
    """A member gave ``points`` to a cause: the shop owes the cause ``minor`` of ``currency``."""

    member_id: int
    redemption_id: int
    cause_id: int
    minor: int
    currency: str
    points: int = 0  # a reward without a price takes none


@dataclass(frozen=True, slots=True)
class DonationPledged(Fact):
    """An order gives something once it is paid and confirmed."""

    order_id: int
    member_id: int | None


@dataclass(frozen=True, slots=True)
class DonationDue(Fact):
    """The order is paid and confirmed: what it gives is owed to the cause."""

    order_id: int
    member_id: int | None


@dataclass(frozen=True, slots=True)
class MemberGave(Fact):
    """What a member gave a cause has changed: where it stands by now.

    kind: ``gift``, added to an order; or ``points``. gifts: those that are confirmed, for which
    ``minor`` of ``currency`` is owed. campaign_id: the goal whose question they answer, if any.
    """

    member_id: int
    cause_id: int
    kind: str
    currency: str
    gifts: int
    minor: int
    campaign_id: int | None = None


@dataclass(frozen=True, slots=True)
class CampaignReached(Fact):
    """What is confirmed for a campaign has come to its goal; told once for each goal."""

    campaign_id: int


@dataclass(frozen=True, slots=True)
class BatchMoved(Fact):
    """A batch for a cause is in another state.

    state: reconciled (locked), approved, remitted (the shop has sent the money) or receipted.
    """

    batch_id: int
    state: str


@dataclass(frozen=True, slots=True)
class HistoryImported(Fact):
    """A history import has ended: ``orders`` orders are in the order book."""

    orders: int


Handler = Callable[[Connection, Sequence[Fact], datetime], Sequence[Fact]]
Subscriptions = Mapping[type[Fact], tuple[Handler, ...]]


def publish(
    db: Connection, subscriptions: Subscriptions, facts: Sequence[Fact], now: datetime
) -> None:
    """Deliver facts to their handlers, and the facts those return, until none is left.

    All facts are of one shop. They are grouped by type in order of first appearance.
    """
    waiting = list(facts)
    while waiting:
        kind = type(waiting[0])
        batch = [fact for fact in waiting if type(fact) is kind]
        waiting = [fact for fact in waiting if type(fact) is not kind]
        for handler in subscriptions.get(kind, ()):
            waiting.extend(handler(db, batch, now))
