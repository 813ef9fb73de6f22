"""Customers as webhooks tell them: an account, alone or inside an order."""

from __future__ import annotations

import msgspec

from adapters import people
from adapters.shopify.fields import Moment, full_name, key_of, tags_of, utc
from connector.core.commerce import Customer, Person


class Address(msgspec.Struct):
    """Where somebody lives."""

    address1: str | None = None
    address2: str | None = None
    zip: str | None = None
    country_code: str | None = None
    phone: str | None = None

    def line(self) -> str | None:
        return people.address(self.address1, self.address2, self.zip, self.country_code)


class _Consent(msgspec.Struct):
    state: str | None = None


class Identified(msgspec.Struct):
    """What a deletion tells: the id, sometimes with the exact one beside it."""

    id: int | str | None = None
    admin_graphql_api_id: str | None = None

    @property
    def key(self) -> str:
        return key_of(self.id, self.admin_graphql_api_id)


class CustomerPayload(Identified):
    """A customer, alone or in an order. What says who it is is missing without approval.

    Tags and consent are told no more since 2025-01, but that they changed (``notices``); an app on
    an older version still hears them.
    """

    email: str | None = None
    first_name: str | None = None
    last_name: str | None = None
    created_at: Moment | None = None
    updated_at: Moment | None = None
    phone: str | None = None
    default_address: Address | None = None
    verified_email: bool | None = None
    tags: str | None = None
    email_marketing_consent: _Consent | None = None


def customer(told: CustomerPayload) -> Customer:
    """The customer of ``customers/create`` and ``customers/update``."""
    home, consent = told.default_address, told.email_marketing_consent
    return Customer(
        key=told.key,
        person=Person(
            email=told.email,
            name=full_name(told.first_name, told.last_name),
            phone=people.phone(told.phone, home.phone if home else None),
            address=home.line() if home else None,
        ),
        modified_at=utc(told.updated_at),
        tags=None if told.tags is None else tags_of(told.tags.split(",")),
        email_verified=told.verified_email,
        accepts_marketing=consent.state == "subscribed" if consent else None,
        created_at=utc(told.created_at),
    )
