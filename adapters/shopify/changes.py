"""Changes we make in a shop: one mutation each, its payload under the name ``changed``.

What a shop refuses comes as ``userErrors`` in an answer that succeeded. A change whose answer is
lost may have been made: who asks looks before asking again.
"""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from adapters.shopify.admin_api import WAIT_SECONDS, AdminApi, decode, field_of
from connector.core.errors import PlatformBusy, PlatformError, PlatformMissing

_TAKEN = {"TAKEN", "DUPLICATE"}
_GONE = {"ACCOUNT_NOT_FOUND", "OWNER_NOT_FOUND"}


class Taken(PlatformError):
    """What must be unique in a shop is somebody's already."""


class _UserError(msgspec.Struct):
    message: str = ""
    code: str | None = None
    field: list[str] | None = None


class _Made(msgspec.Struct):
    id: str


class _Changed(msgspec.Struct, rename="camel"):
    made: _Made | None = None
    user_errors: list[_UserError] = []


def change(api: AdminApi, name: str, variables: Mapping[str, object]) -> None:
    """Ask the mutation ``name``. Taken, PlatformMissing or PlatformError where it is refused."""
    _ask(api, name, variables)


def make(api: AdminApi, name: str, variables: Mapping[str, object]) -> str:
    """The same; the gid of what it made."""
    made = _ask(api, name, variables).made
    if made is None:
        raise PlatformError("unreadable_answer", f"{name} made nothing and refused nothing")
    return made.id


def _ask(api: AdminApi, name: str, variables: Mapping[str, object]) -> _Changed:
    try:
        changed = decode(field_of(api.ask(name, variables), "changed"), _Changed)
    except PlatformMissing:
        # No word about the change is not the word that its thing is gone.
        raise PlatformError("unreadable_answer", f"{name} was not answered") from None
    if changed.user_errors:
        raise _refusal(changed.user_errors[0])
    return changed


def _refusal(told: _UserError) -> PlatformError:
    code = told.code or ""
    # Mutations of segments and tags tell no code.
    if code in _TAKEN or (not code and "taken" in told.message.lower()):
        return Taken("taken", told.message)
    if code in _GONE or told.field == ["id"]:
        return PlatformMissing("platform_missing", told.message)
    if code == "INTERNAL_ERROR":
        return PlatformBusy("platform_busy", told.message, retry_after_seconds=WAIT_SECONDS)
    return PlatformError(code.lower() or "change_refused", told.message)
