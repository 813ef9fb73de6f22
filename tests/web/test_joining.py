"""Whose a store becomes: two who want it, and one that was here before."""

from sqlalchemy import select

from connector.core import clock
from connector.shops import service as shops
from connector.shops.models import business
from tests.web.test_install_woocommerce import acme, begin, code_of, hand_over, store

__all__ = ["acme", "store"]


class Browser:
    """A browser at our own address, which is where the admin's cookies go."""

    def __init__(self, service):
        self._at, self._client = service.settings.public_url, service.http

    def get(self, path, **more):
        return self._client.get(path, base_url=self._at, **more)

    def post(self, path, **more):
        return self._client.post(path, base_url=self._at, **more)

    def confirm(self, state):
        return self.post("/install/woocommerce/confirm", data={"state": state})


def signed_in(service, business_id):
    browser = Browser(service)
    with service.database.write() as db:
        token = shops.sign_in_link(db, business_id, clock.now())
    assert browser.get(f"/admin/signin/{token}").status_code == 303
    return browser


def past_of(service, store):
    """The store was here once, in an account that may hold other shops."""
    past = service.install("woocommerce", store.origin)
    with service.database.write() as db:
        shops.uninstall(db, past.id, clock.now(), clock.now())
    return past


def test_a_store_that_was_here_shows_nobody_its_past_before_the_confirm(acme, store):
    """Its admin approved a link that Mallory, who has an account of her own, had mailed."""
    past = past_of(acme, store)
    hers = acme.install("woocommerce", "https://mallory.example")
    mallory, owner = (signed_in(acme, one.business_id) for one in (hers, past))
    members = f"/admin/{past.public_id}/members"
    assert owner.get(members).status_code == 200
    _, state = begin(acme, store, mallory)
    assert hand_over(acme, state).status_code == 200
    assert acme.shop(past).business_id == past.business_id
    assert [browser.get(members).status_code for browser in (mallory, owner)] == [404, 404]
    assert mallory.confirm(state).status_code == 302
    assert acme.shop(past).business_id == hers.business_id


def test_who_comes_back_unknown_gets_an_account_of_its_own(acme, store):
    past = past_of(acme, store)
    browser, state = begin(acme, store, Browser(acme))
    hand_over(acme, state)
    assert browser.confirm(state).status_code == 302
    assert acme.shop(past).business_id != past.business_id


def test_of_two_installations_at_once_the_first_confirm_decides(acme, store):
    """The other browser is let into nobody's account."""
    hers = acme.install("woocommerce", "https://other.example")
    owner, mallory = signed_in(acme, hers.business_id), Browser(acme)
    states = [begin(acme, store, browser)[1] for browser in (mallory, owner)]
    assert [hand_over(acme, state).status_code for state in states] == [200, 200]
    assert owner.confirm(states[1]).status_code == 302
    answer = mallory.confirm(states[0])
    assert (answer.status_code, code_of(answer)) == (409, "shop_taken")
    assert mallory.get("/admin/").status_code == 401
    with acme.database.read() as db:
        joined = shops.find(db, "woocommerce", store.origin)
        accounts = db.scalars(select(business.c.id)).all()
    assert joined
    assert joined.business_id == hers.business_id
    assert accounts == [hers.business_id]
