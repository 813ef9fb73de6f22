"""Levels and invitations in the panel: how far she is, VIP days to try, a link to send on."""

from datetime import timedelta

import pytest
from msgspec.structs import replace
from sqlalchemy import Connection, select

from connector.core import clock
from connector.core.facts import GiftGiven
from connector.rooms.points import service as points
from connector.rooms.rewards import catalogue
from connector.rooms.rewards.rules import Kind, Offer
from connector.rooms.tiers import perks, programs, service
from connector.rooms.tiers.models import tier_trial
from connector.rooms.tiers.rules import Early, Level, Perks, Program, Trial
from tests.web.shoppers import acme
from tests.web.test_api import refusal
from tests.web.test_club import section, sections, told
from tests.web.test_club_rewards import press
from tests.web.test_referrals import code, publish

__all__ = ["acme"]


def known_program(db: Connection, shop_id: int) -> Program:
    """What is in force."""
    published = programs.current(db, shop_id)
    assert published is not None
    return published.program


@pytest.fixture
def levels(acme):
    """Four levels by what is spent, of which Mia, who spent $20, stands on the second."""
    now = clock.now()
    early = Early("Winter kiln", "https://acme.example/kiln", now, now + timedelta(days=9))
    wanted = (
        Level(0, {"en": "Seed", "ar": "بذرة", "zh-Hant": "種子"}, 0),
        Level(0, {"en": "Sprout"}, 1000, 110, perks=Perks(5, free_shipping=True, early=early)),
        Level(0, {"en": "Bloom"}, 3000, 125),
        Level(0, {"en": "Evergreen"}, 9000, 150),
    )
    review(acme, Program(measure="spend", levels=wanted))
    with acme.service.database.read() as db:
        top = known_program(db, acme.shop.id)
    review(acme, Program(measure="spend", levels=top.levels, trial=Trial(14, top.levels[-1].id)))
    return acme


def review(acme, wanted, *, has_standing=True):
    now = clock.now()
    with acme.service.database.write() as db:
        programs.save_draft(db, acme.shop.id, wanted, "staff:1", now)
        programs.publish(db, acme.shop.id, now, has_standing=has_standing)
        more = True
        while more:
            _, more = service.review(db, acme.shop.id, now, 100)


def test_she_sees_how_far_she_is_and_what_hers_gives(levels):
    club = told(levels, levels.token())
    stem = club["head"]["stem"]
    assert stem["label"] == "Progress to Bloom"
    assert stem["at"] == 50
    assert [one["name"] for one in stem["steps"]] == ["Seed", "Sprout", "Bloom", "Evergreen"]
    assert [one.get("here", False) for one in stem["steps"]] == [False, True, False, False]
    level = section(club, "level")
    assert level["title"] == "You are Sprout"
    assert stem["text"].startswith("Spend $10 more")
    gives = [one["title"] for one in level["items"]]
    assert gives[:3] == ["1.1× points", "5% off every order", "Free shipping on every order"]
    hers = section(told(levels, levels.token(), lang="zh-Hant"), "level")
    assert hers["items"][0]["title"] == "1.1 倍點數"
    early = level["items"][3]
    assert early["title"] == "Winter kiln"
    assert early["acts"] == [{"label": "Look", "href": "https://acme.example/kiln"}]


def test_free_days_are_offered_once_and_say_when_they_end(levels):
    trial = section(told(levels, levels.token()), "trial")
    assert trial["title"] == "Try Evergreen"
    assert trial["lines"] == [
        "Try Evergreen for 14 days. No card. It ends by itself.",
        "1.5× points",
    ]
    no, yes = trial["acts"]
    assert (no["no"], no["done"]) == ("no-trial-at", "We will not ask again for 90 days.")
    press(levels, yes)
    running = section(told(levels, levels.token()), "trial")
    assert running["title"] == "You are trying Evergreen"
    assert "acts" not in running
    level = section(told(levels, levels.token()), "level")
    assert level["title"] == "You are Evergreen"
    assert level["lines"][0] == running["lines"][0]
    assert level["lines"][0].startswith("Evergreen until ")
    assert level["lines"][1] == "Your own level: Sprout"
    assert [one["title"] for one in level["items"]] == ["1.5× points"]
    stem = told(levels, levels.token())["head"]["stem"]
    assert [one["name"] for one in stem["steps"] if one.get("here")] == ["Sprout"]
    refused = levels.do("start_trial", {}, levels.token(), "k2").get_json()["code"]
    assert refused in told(levels, levels.token())["says"]


def test_days_that_another_account_with_her_mailbox_had_are_not_hers(levels):
    press(levels, section(told(levels, levels.token()), "trial")["acts"][1])
    with levels.service.database.write() as db:
        claim = db.execute(select(tier_trial)).one()
        program = known_program(db, levels.shop.id)
        given = GiftGiven(levels.shop.id, 77, perks.trial_source(77), tier_days=14)
        perks.begin(db, given, program, clock.now())
        assert claim.email_hash
        db.execute(tier_trial.update().values(member_id=77))
    club = told(levels, levels.token())
    assert section(club, "level")["title"] == "You are Sprout"
    assert "trial" not in sections(club)


def test_days_that_would_give_her_nothing_are_not_sold(levels):
    service_, shop, now = levels.service, levels.shop, clock.now()
    week = Offer(Kind.VIP, {"en": "VIP week"}, "USD", points=5, tier_days=7)
    with service_.database.write() as db:
        found = service_.runtime.members.by_customer_key(db, shop.id, "7")
        points.adjust(db, shop.id, found, 250, reason="a gift", made_by="x", now=now)
        reward = str(catalogue.publish(db, shop.id, week, now).id)
        known = known_program(db, shop.id)
    offered = [one["id"] for one in section(told(levels, levels.token()), "rewards")["items"]]
    assert offered == [reward]
    bare = replace(known.levels[3], multiplier_percent=110, perks=Perks(20, free_shipping=True))
    wanted = replace(known, levels=(*known.levels[:3], bare), trial=None)
    review(levels, wanted, has_standing=False)
    assert "rewards" not in sections(told(levels, levels.token()))
    assert levels.ask("me", levels.token()).get_json()["rewards"]["offers"] == []
    assert refusal(levels.do("redeem", {"reward": reward}, levels.token(), "k7")) == (
        409,
        "trial_off",
    )
    assert "rewards" in sections(told(levels)), "who is new would have a multiplier"
    plain = [replace(one, multiplier_percent=100, perks=Perks(20)) for one in known.levels]
    review(levels, Program(levels=tuple(plain)), has_standing=False)
    assert "rewards" not in sections(told(levels))
    review(levels, replace(known, levels=known.levels[:2], trial=None))
    refused = levels.do("redeem", {"reward": reward}, levels.token(), "k8")
    assert refusal(refused) == (409, "trial_needless"), "she stands on the highest"
    with service_.database.read() as db:
        assert points.balance(db, shop.id, found).available >= 250


def test_what_the_shops_platform_cannot_give_is_not_promised(levels):
    with levels.service.database.read() as db:
        known = known_program(db, levels.shop.id)
    bare = replace(known.levels[3], multiplier_percent=110, perks=Perks(20, free_shipping=True))
    wanted = replace(known, levels=(*known.levels[:3], bare))
    review(levels, wanted, has_standing=False)
    club = told(levels, levels.token())
    gives = [one["title"] for one in section(club, "level")["items"]]
    assert gives == ["1.1× points", "Winter kiln"]
    assert "trial" not in sections(club), "it would give her nothing"
    refused = levels.do("start_trial", {}, levels.token()).get_json()["code"]
    assert refused == "trial_off"
    review(levels, wanted)
    trial = section(told(levels, levels.token()), "trial")
    assert trial["lines"][1] == (
        "1.1× points · 20% off every order · Free shipping on every order"
    )


def test_without_levels_there_is_no_stem(acme):
    club = told(acme, acme.token())
    assert "stem" not in club["head"]
    assert not {"level", "trial", "invite", "rewards"} & set(sections(club))


def test_her_link_can_be_sent_in_many_ways(acme):
    publish(acme)
    invite = section(told(acme, acme.token()), "invite")
    assert invite["title"] == "Give $10 off, get 500 points."
    share = invite["share"]
    assert share["url"] == f"https://acme.example/?ref={code(acme)}"
    whatsapp, mail = share["links"]
    assert whatsapp[1].startswith("https://wa.me/?text=For%20your%20first%20order")
    assert mail == ["E-mail", "mailto:?body=" + whatsapp[1].partition("text=")[2]]
    press(acme, share["act"])


def test_who_follows_a_link_is_told_what_waits_and_how_it_went(acme):
    publish(acme)
    link = code(acme)
    assert "gift" not in sections(told(acme))
    assert "gift" not in sections(told(acme, ref="nobodys"))
    gift = section(told(acme, ref=link), "gift")
    assert gift["title"] == "For you: $10 off, with your first order."
    (form,) = gift["acts"]
    assert (form["name"], form["body"]) == ("referral_claim", {"code": link, "device": ""})
    assert [one["kind"] for one in form["fields"]] == ["email"]
    answer = acme.do(form["name"], {**form["body"], "email": "zoe@mail.example"}, once="c1")
    claim = answer.get_json()["claim"]
    club = told(acme, ref=link, claim=claim)
    assert section(club, "gift")["lines"] == ["Your code is being made."]
    assert club["again_ms"] > 0
    assert "acts" in section(told(acme, ref=link, claim="lost"), "gift")
