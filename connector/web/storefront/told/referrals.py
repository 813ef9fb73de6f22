"""Invitations: a member's link and what came of it, and what waits for who follows one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from sqlalchemy import Connection

from connector.core.errors import NotFound
from connector.rooms.referrals import service, store
from connector.web import invitations
from connector.web.storefront import referrals as room
from connector.web.storefront.asker import Visitor
from connector.web.storefront.told.blocks import Act, Block, Field, Share
from connector.web.tongue import Tongue, mark

REFUSALS = {
    "code_not_found": mark("Nothing is given for this link any more."),
    "self_referral": mark("This link is your own. Pass it on to somebody else."),
    "invalid_email": mark("This is not an e-mail address."),
}


def invite(told: Mapping[str, Any], say: Tongue) -> Block:
    """Her link, ways to send it, and what became of whom she sent it."""
    lines: tuple[str, ...] = ()
    if told["kept"]:
        lines = (say.t("{friends} stayed.", friends=say.count("friend", told["kept"])),)
    message = quote(f"{told['share_text']} {told['link']}", safe="")
    share = Share(
        told["link"],
        told["share_text"],
        links=(
            ("WhatsApp", f"https://wa.me/?text={message}"),
            (say.t("E-mail"), f"mailto:?body={message}"),
        ),
        act=Act("", name="referral_share", body={"device": ""}),
    )
    news = tuple(Block(one["sentence"], lines=(say.day(one["on"]),)) for one in told["news"])
    return Block(
        told["sentence"],
        id="invite",
        tab=say.t("Invite"),
        lines=lines,
        share=share,
        items=news,
    )


def welcome(
    db: Connection, visitor: Visitor, code: str, claim: str, say: Tongue
) -> tuple[Block | None, bool]:
    """What a friend's link promises, or what came of asking; and whether it is under way."""
    shop = visitor.shop
    program = service.program(db, shop.id)
    if not (code and program.is_on and store.owners(db, shop.id, [code])):
        return None, False
    friend = invitations.promise(db, shop, program, say).friend
    if friend is None:
        return None, False
    title = say.t("For you: {money}, with your first order.", money=friend)
    if claim:
        try:
            told = room.claimed(db, visitor, room.Ask(claim), say.now)
        except NotFound:
            pass  # of another shop, or long ago
        else:
            block = Block(
                title, id="gift", box=True, lines=(told["sentence"],), code=told["code"] or ""
            )
            return block, told["state"] == "waiting"
    form = Act(
        say.t("Get it"),
        name="referral_claim",
        body={"code": code, "device": ""},
        fields=(Field("email", say.t("Your e-mail"), kind="email"),),
    )
    return Block(title, id="gift", box=True, acts=(form,)), False
