"""Wait out AWS's throttling longer than other failures: for a minute and more."""

from __future__ import annotations

from random import random
from typing import Any

THROTTLED = ("Throttl", "RequestLimitExceeded", "TooManyRequests", "SlowDown", "RequestThrottled")
ATTEMPTS = 12  # of a call that is throttled; botocore itself stops after 5
LONGEST = 20.0  # seconds between two attempts


def be_patient(client: Any) -> None:
    """Let a client go on after botocore's own attempts, as long as it is throttling that fails."""
    client.meta.events.register("needs-retry", wait, unique_id="foresail-patience")


def wait(attempts: int, response: Any = None, **_: Any) -> float | None:
    """Tell how many seconds to wait before the next attempt; None when there is to be none.

    Botocore's own handler is asked first, and its answer counts where it gives one.
    """
    if response is None or attempts >= ATTEMPTS:
        return None
    code = str(response[1].get("Error", {}).get("Code", ""))
    if not code.startswith(THROTTLED):
        return None
    return min(2.0 ** (attempts - 1), LONGEST) * (1 + random()) / 2  # noqa: S311 - no secret
