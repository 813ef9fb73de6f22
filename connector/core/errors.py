"""Every expected refusal, with a stable code a machine can read and a sentence a person can.

PerennialError
├── BadInput            422   a value that cannot be meant (400 when it is not even well formed)
├── Unauthenticated     401   we do not know who asks
├── Forbidden           403   we know, and they may not
├── NotFound            404   not there, or not theirs: the answer is the same
├── Conflict            409   true a moment ago, or already done
│   └── InsufficientPoints
├── TooMany             429   come back after ``retry_after_seconds``
├── UnreadablePayload         kept bytes we cannot read: quarantined, never blocking
└── PlatformError             a call to a shop's platform did not work
    ├── PlatformBusy          throttled, down or slow: retried later
    ├── PlatformLagging       does not show yet what was just made: this alone is retried
    ├── PlatformRefused       our credential no longer serves: the merchant must reconnect
    └── PlatformMissing       the thing asked for is not there (404, 410)
"""

from __future__ import annotations


class PerennialError(Exception):
    """An expected refusal. ``code`` is stable; the message says what, which and what to do."""

    status = 500
    retry = False

    def __init__(
        self, code: str, message: str = "", *, status: int | None = None, field: str | None = None
    ) -> None:
        super().__init__(f"{code}: {message}" if message else code)
        self.code = code
        self.message = message
        self.field = field
        if status is not None:
            self.status = status


class BadInput(PerennialError):
    status = 422


class Unauthenticated(PerennialError):
    status = 401


class Forbidden(PerennialError):
    status = 403


class NotFound(PerennialError):
    status = 404


class Conflict(PerennialError):
    status = 409


class InsufficientPoints(Conflict):
    def __init__(self, message: str) -> None:
        super().__init__("insufficient_points", message)


class TooMany(PerennialError):
    status = 429

    def __init__(self, code: str, message: str = "", *, retry_after_seconds: int) -> None:
        super().__init__(code, message)
        self.retry_after_seconds = retry_after_seconds


class UnreadablePayload(PerennialError):
    """The row is quarantined; ``code`` names why: ``unknown_status``, ``amount_format`` ..."""

    status = 200


class PlatformError(PerennialError):
    status = 502


class PlatformBusy(PlatformError):
    retry = True

    def __init__(self, code: str, message: str = "", *, retry_after_seconds: float = 0) -> None:
        super().__init__(code, message)
        self.retry_after_seconds = retry_after_seconds


class PlatformLagging(PlatformError):
    retry = True


class PlatformRefused(PlatformError):
    pass


class PlatformMissing(PlatformError):
    pass
