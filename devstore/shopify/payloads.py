"""What every webhook body is made of: gids, local times, amounts, addresses, people, the shop."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from devstore.model import Buyer, Customer, Settings
from devstore.money import text

Json = dict[str, Any]

SHOP_ID = 68_217_340_145
LOCATION_ID = 71_930_282_225


def gid(kind: str, number: int) -> str:
    return f"gid://shopify/{kind}/{number}"


def local(at: datetime | None, settings: Settings) -> str | None:
    """The shop's wall clock with its offset, as webhooks print times."""
    return at.astimezone(ZoneInfo(settings.timezone)).isoformat() if at else None


def money_set(minor: int, currency: str) -> Json:
    amount = {"amount": text(minor, currency), "currency_code": currency}
    return {"shop_money": amount, "presentment_money": dict(amount)}


def address(first_name: str, last_name: str) -> Json:
    """Everyone here lives at the same invented place."""
    return {
        "first_name": first_name,
        "address1": "12 Kiln Lane",
        "phone": None,
        "city": "Portland",
        "zip": "97209",
        "province": "Oregon",
        "country": "United States",
        "last_name": last_name,
        "address2": None,
        "company": None,
        "latitude": None,
        "longitude": None,
        "name": f"{first_name} {last_name}".strip(),
        "country_code": "US",
        "province_code": "OR",
    }


def customer(person: Customer, settings: Settings) -> Json:
    """The body of ``customers/create`` and ``customers/update``."""
    return customer_of_order(person, settings) | {"addresses": []}


def customer_of_order(person: Customer, settings: Settings) -> Json:
    """The same customer inside an order: no list of addresses there."""
    home = address(person.first_name, person.last_name)
    del home["latitude"], home["longitude"]
    return {
        "id": person.id,
        "created_at": local(person.created_at, settings),
        "updated_at": local(person.modified_at, settings),
        "first_name": person.first_name,
        "last_name": person.last_name,
        "state": "enabled",
        "note": None,
        "verified_email": True,
        "multipass_identifier": None,
        "tax_exempt": False,
        "email": person.email,
        "phone": None,
        "currency": settings.currency,
        "tax_exemptions": [],
        "admin_graphql_api_id": gid("Customer", person.id),
        "default_address": home
        | {
            "id": person.id + 3_000_000_000_000,
            "customer_id": person.id,
            "country_name": home["country"],
            "default": True,
        },
    }


def tagged(person: Customer, tags: Sequence[str]) -> Json:
    """The body of ``customer.tags_added`` and ``customer.tags_removed``: only what changed."""
    at = person.modified_at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.000Z")
    return {"customerId": gid("Customer", person.id), "tags": list(tags), "occurredAt": at}


def consent(person: Customer, settings: Settings) -> Json:
    """The body of ``customers_email_marketing_consent/update``."""
    is_asked = person.newsletter is not None
    return {
        "customer_id": person.id,
        "email_address": person.email,
        "email_marketing_consent": {
            "state": marketing_state(person),
            "opt_in_level": "single_opt_in" if is_asked else None,
            "consent_updated_at": local(person.modified_at, settings) if is_asked else None,
        },
    }


def marketing_state(person: Customer) -> str:
    """Whether somebody wants e-mail; GraphQL writes the same word in capitals."""
    if person.newsletter is None:
        return "not_subscribed"
    return "subscribed" if person.newsletter else "unsubscribed"


def customer_gone(customer_id: int) -> Json:
    """The body of ``customers/delete``."""
    return {
        "id": customer_id,
        "tax_exemptions": [],
        "admin_graphql_api_id": gid("Customer", customer_id),
    }


def buyer_locale(buyer: Buyer) -> str:
    return {"zh-Hant": "zh-TW"}.get(buyer.locale, buyer.locale)


def shop(settings: Settings, domain: str, opened_at: datetime) -> Json:
    """The body of ``app/uninstalled`` and ``shop/update``."""
    return {
        "id": SHOP_ID,
        "name": settings.name,
        "email": "ada@acme.example",
        "domain": domain,
        "province": "Oregon",
        "country": "US",
        "address1": "12 Kiln Lane",
        "zip": "97209",
        "city": "Portland",
        "source": None,
        "phone": "5035550100",
        "latitude": None,
        "longitude": None,
        "primary_locale": "en",
        "address2": None,
        "created_at": local(opened_at, settings),
        "updated_at": local(opened_at, settings),
        "country_code": "US",
        "country_name": "United States",
        "currency": settings.currency,
        "customer_email": "hello@acme.example",
        "timezone": "(GMT-08:00) Pacific Time (US & Canada)",
        "iana_timezone": settings.timezone,
        "shop_owner": "Ada Acme",
        "money_format": "${{amount}}",
        "money_with_currency_format": "${{amount}} " + settings.currency,
        "weight_unit": "kg",
        "province_code": "OR",
        "taxes_included": False,
        "auto_configure_tax_inclusivity": None,
        "tax_shipping": None,
        "county_taxes": True,
        "plan_display_name": "Basic",
        "plan_name": "basic",
        "has_discounts": False,
        "has_gift_cards": False,
        "myshopify_domain": domain,
        "google_apps_domain": None,
        "google_apps_login_enabled": None,
        "money_in_emails_format": "${{amount}}",
        "money_with_currency_in_emails_format": "${{amount}} " + settings.currency,
        "eligible_for_payments": True,
        "requires_extra_payments_agreement": False,
        "password_enabled": False,
        "has_storefront": True,
        "finances": True,
        "primary_location_id": LOCATION_ID,
        "checkout_api_supported": True,
        "multi_location_enabled": True,
        "setup_required": False,
        "pre_launch_enabled": False,
        "enabled_presentment_currencies": [settings.currency],
        "marketing_sms_consent_enabled_at_checkout": False,
        "transactional_sms_disabled": False,
    }
