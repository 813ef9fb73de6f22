"""Who somebody is: merges and their undo, blocks, days of the year, what people prefer."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

from flask import g
from msgspec import Meta, Struct
from sqlalchemy import Connection, Row

from connector.core import clock, noticed
from connector.core.errors import BadInput, NotFound
from connector.core.facts import Fact
from connector.members import blocking, joining, merging, occasions, preferences
from connector.members import store as member_store
from connector.members.blocking import REASON_LENGTH
from connector.orders import claiming
from connector.shops.service import Shop
from connector.web import addresses, days
from connector.web.api import members
from connector.web.api.openapi import Operation
from connector.web.api.shapes import Member, utc
from connector.web.body import read_json
from connector.web.runtime import runtime

_CHOICES = {str(number) for number in range(1, preferences.CHOICES + 1)}


class MergeRequest(Struct, forbid_unknown_fields=True):
    gone_id: Annotated[str, Meta(description="The member who becomes part of this one")]


class Merge(Struct):
    gone_id: str
    kept_id: str
    customer_key: Annotated[str | None, Meta(description="The account that became part of it")]
    was: Annotated[str, Meta(description="member, or guest")]
    cause: Annotated[str, Meta(description="platform, claim (of a guest) or merchant")]
    merged_at: str
    undone_at: str | None
    can_undo: bool


class Merges(Struct):
    merges: list[Merge]


class BlockRequest(Struct, forbid_unknown_fields=True):
    reason: Annotated[str, Meta(min_length=1, max_length=REASON_LENGTH)]


class Block(Struct):
    reason: str
    blocked_at: str
    ended_at: str | None


class Blocks(Struct):
    is_blocked: Annotated[bool, Meta(description="Earns and redeems nothing at present")]
    blocks: list[Block]


class Membership(Struct, forbid_unknown_fields=True):
    joins_first: Annotated[
        bool,
        Meta(description="Accounts are members once they joined; else from their first order on"),
    ]


class OccasionRequest(Struct, forbid_unknown_fields=True):
    month_day: Annotated[str, Meta(description="MM-DD: never a year")]
    greet: Annotated[
        bool,
        Meta(description="They agreed to a greeting and a gift that day, apart from newsletters"),
    ] = False


class Occasion(Struct):
    name: str
    month_day: str
    counts_from: Annotated[str, Meta(description="The first date it can be used")]
    greet_at: Annotated[str | None, Meta(description="Since when they agree to a greeting")]


class Occasions(Struct):
    occasions: list[Occasion]


class Choice(Struct):
    number: int
    texts: Annotated[dict[str, str], Meta(description="By language")]
    members: Annotated[int, Meta(description="How many chose it")]


class Question(Struct):
    number: int
    texts: dict[str, str]
    choices: list[Choice]


class Questions(Struct):
    questions: list[Question]


class QuestionRequest(Struct, forbid_unknown_fields=True):
    number: int
    texts: dict[str, str]
    choices: Annotated[dict[str, dict[str, str]], Meta(description="Texts by choice number")]


class QuestionsRequest(Struct, forbid_unknown_fields=True):
    questions: Annotated[
        list[QuestionRequest], Meta(description="One that is left out is not asked any more")
    ]


class Answers(Struct):
    answers: Annotated[dict[str, int], Meta(description="Question -> choice, by number")]


class AnswersRequest(Struct, forbid_unknown_fields=True):
    answers: Annotated[
        dict[str, int | None], Meta(description="Question -> choice; null takes it back")
    ]


def list_merges(db: Connection, shop: Shop, member_id: str) -> Merges:
    """Who became part of this member, by whose word, and until when it can be undone."""
    return _merges(db, shop, members.found(db, shop, member_id).id)


def merge_members(db: Connection, shop: Shop, member_id: str) -> Merges:
    """Make two members one: the other's points, orders and standing become this one's.

    It can be undone for 30 days. A guest never keeps an account.
    """
    wanted = read_json(MergeRequest)
    kept = members.found(db, shop, member_id)
    gone_id = addresses.row_id(wanted.gone_id)
    if gone_id is None:
        raise BadInput("invalid_field", "not an id", field="gone_id")
    now = clock.now()
    facts = merging.by_hand(db, shop.id, kept.id, gone_id, now, _who())
    noticed.notice(db, facts, now)
    return _merges(db, shop, kept.id)


def undo_merge(db: Connection, shop: Shop, member_id: str, gone_id: str) -> Merges:
    """Make them two again, each with what is theirs."""
    kept = members.found(db, shop, member_id)
    number = addresses.row_id(gone_id)
    known = {one.gone_id for one in merging.of_member(db, shop.id, kept.id, clock.now())}
    if number is None or number not in known:
        raise NotFound("merge_not_found", "nobody of this id became part of this member")
    now = clock.now()
    noticed.notice(db, runtime().members.unmerge(db, shop.id, number, now, _who()), now)
    return _merges(db, shop, kept.id)


def get_blocks(db: Connection, shop: Shop, member_id: str) -> Blocks:
    """Whether the member is blocked, and was."""
    return _blocks(db, shop, members.found(db, shop, member_id))


def block_member(db: Connection, shop: Shop, member_id: str) -> Blocks:
    """From now on the member earns and redeems nothing; a reason is a must."""
    wanted = read_json(BlockRequest)
    row = members.found(db, shop, member_id)
    now = clock.now()
    return _changed(
        db, shop, row, blocking.block(db, shop.id, row.id, wanted.reason, now, _who()), now
    )


def unblock_member(db: Connection, shop: Shop, member_id: str) -> Blocks:
    """The member takes part again."""
    row = members.found(db, shop, member_id)
    now = clock.now()
    return _changed(db, shop, row, blocking.unblock(db, shop.id, row.id, now, _who()), now)


def list_occasions(db: Connection, shop: Shop, member_id: str) -> Occasions:
    """The member's days of the year."""
    return _occasions(db, shop, members.found(db, shop, member_id).id)


def put_occasion(db: Connection, shop: Shop, member_id: str, name: str) -> Occasions:
    """Set or change a day that the programme names; it counts 30 days later.

    A changed one counts from the next year on.
    """
    wanted = read_json(OccasionRequest)
    row = members.found(db, shop, member_id)
    now = clock.now()
    days.put(db, shop.id, row.id, name, wanted.month_day, now, greet=wanted.greet)
    return _occasions(db, shop, row.id)


def remove_occasion(db: Connection, shop: Shop, member_id: str, name: str) -> Occasions:
    """Forget the day."""
    row = members.found(db, shop, member_id)
    now = clock.now()
    noticed.notice(db, occasions.remove(db, shop.id, row.id, name, now), now)
    return _occasions(db, shop, row.id)


def list_preferences(db: Connection, shop: Shop) -> Questions:
    """The two questions, and how many chose what."""
    counts = preferences.counts(db, shop.id)
    return Questions(
        [
            Question(
                one.number,
                dict(one.texts),
                [
                    Choice(number, dict(words), counts.get((one.number, number), 0))
                    for number, words in sorted(one.choices.items())
                ],
            )
            for one in preferences.questions(db, shop.id)
        ]
    )


def put_questions(db: Connection, shop: Shop) -> Questions:
    """Ask these from now on; a choice that stays keeps its answers."""
    wanted = []
    for one in read_json(QuestionsRequest).questions:
        if not set(one.choices) <= _CHOICES:
            raise BadInput("choice_number", f"1 to {preferences.CHOICES}", field="choices")
        choices = {int(number): texts for number, texts in one.choices.items()}
        wanted.append(preferences.Question(one.number, one.texts, choices))
    preferences.ask(db, shop.id, wanted, clock.now())
    return list_preferences(db, shop)


def get_preferences(db: Connection, shop: Shop, member_id: str) -> Answers:
    """What the member chose."""
    return _answers(db, shop, members.found(db, shop, member_id).id)


def put_preferences(db: Connection, shop: Shop, member_id: str) -> Answers:
    """Keep what the member chose; what is left out stays."""
    wanted = read_json(AnswersRequest)
    row = members.found(db, shop, member_id)
    if not set(wanted.answers) <= {str(number) for number in preferences.QUESTIONS}:
        raise BadInput("no_such_choice", "there are questions 1 and 2", field="answers")
    told = {int(number): choice for number, choice in wanted.answers.items()}
    now = clock.now()
    noticed.notice(db, preferences.answer(db, shop.id, row.id, told, now), now)
    return _answers(db, shop, row.id)


def _who() -> str:
    return f"api:{g.api_key_id}"


def _merges(db: Connection, shop: Shop, member_id: int) -> Merges:
    return Merges(
        [
            Merge(
                gone_id=str(one.gone_id),
                kept_id=str(one.kept_id),
                customer_key=one.customer_key,
                was=one.gone_state,
                cause=one.cause,
                merged_at=utc(one.merged_at),
                undone_at=utc(one.undone_at) if one.undone_at else None,
                can_undo=one.can_undo,
            )
            for one in merging.of_member(db, shop.id, member_id, clock.now())
        ]
    )


def _changed(
    db: Connection, shop: Shop, row: Row[Any], facts: list[Fact], now: datetime
) -> Blocks:
    noticed.notice(db, facts, now)
    return _blocks(db, shop, member_store.get(db, shop.id, row.id) or row)


def _blocks(db: Connection, shop: Shop, row: Row[Any]) -> Blocks:
    told = [
        Block(one.reason, utc(one.blocked_at), one.ended_at and utc(one.ended_at))
        for one in blocking.of_member(db, shop.id, row.id)
    ]
    return Blocks(row.blocked_at is not None, told)


def _occasions(db: Connection, shop: Shop, member_id: int) -> Occasions:
    return Occasions(
        [
            Occasion(
                one.name,
                one.month_day,
                one.counts_from,
                utc(one.greet_at) if one.greet_at else None,
            )
            for one in occasions.of_member(db, shop.id, member_id)
        ]
    )


def _answers(db: Connection, shop: Shop, member_id: int) -> Answers:
    found = preferences.answers(db, shop.id, member_id)
    return Answers({str(number): choice for number, choice in sorted(found.items())})


_MEMBER = "/members/<member_id>"


def get_membership(_db: Connection, shop: Shop) -> Membership:
    """How shoppers become members."""
    return Membership(shop.joins_first)


def put_membership(db: Connection, shop: Shop) -> Membership:
    """Say how; who is a member stays one, and who waits joins with the next order or by itself."""
    wanted = read_json(Membership)
    joining.join_first(db, shop.id, wanted=wanted.joins_first)
    return wanted


def join(db: Connection, shop: Shop, member_id: str) -> Member:
    """An account that has not joined does: the shop asked the shopper."""
    row = members.found(db, shop, member_id)
    now = clock.now()
    noticed.notice(db, claiming.join(db, shop.id, runtime().members, int(row.id), now), now)
    known = row.customer_key and runtime().members.by_customer_key(db, shop.id, row.customer_key)
    return members.get_member(db, shop, str(known or row.id))


OPERATIONS = (
    Operation("GET", "/membership", get_membership, Membership),
    Operation("PUT", "/membership", put_membership, Membership, body=Membership),
    Operation("POST", "/members/<member_id>/join", join, Member),
    Operation("GET", f"{_MEMBER}/merges", list_merges, Merges),
    Operation("POST", f"{_MEMBER}/merges", merge_members, Merges, body=MergeRequest),
    Operation("DELETE", f"{_MEMBER}/merges/<gone_id>", undo_merge, Merges),
    Operation("GET", f"{_MEMBER}/block", get_blocks, Blocks),
    Operation("PUT", f"{_MEMBER}/block", block_member, Blocks, body=BlockRequest),
    Operation("DELETE", f"{_MEMBER}/block", unblock_member, Blocks),
    Operation("GET", f"{_MEMBER}/occasions", list_occasions, Occasions),
    Operation("PUT", f"{_MEMBER}/occasions/<name>", put_occasion, Occasions, body=OccasionRequest),
    Operation("DELETE", f"{_MEMBER}/occasions/<name>", remove_occasion, Occasions),
    Operation("GET", f"{_MEMBER}/preferences", get_preferences, Answers),
    Operation("PUT", f"{_MEMBER}/preferences", put_preferences, Answers, body=AnswersRequest),
    Operation("GET", "/preferences", list_preferences, Questions),
    Operation("PUT", "/preferences", put_questions, Questions, body=QuestionsRequest),
)
