"""plan.json: a reviewed plan on disk, which `apply` accepts only as it was written."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from foresail.changes.changeset import ChangeSet, diff
from foresail.config import place_name
from foresail.errors import InputError
from foresail.failures import ServiceFailure
from foresail.files import check_writable, replacing
from foresail.policies.items import Item
from foresail.signing import VARIABLE, SigningKey, seal, sealed
from foresail.targets.base import LiveTarget, item_from_json
from foresail.targets.limits import ceiling_word
from foresail.targets.registry import target_class

FORMAT = 3
_PURPOSE = "plan"
_AGAIN = "run foresail plan --out again"


@dataclass(frozen=True, slots=True)
class TierPlan:
    """The plan of one tier: where it is, what was live, what is wanted, and why.

    `account` has the 12 digits of another account, and is empty for the caller's own.
    """

    service: str
    tier: str
    live: LiveTarget
    wanted: tuple[Item, ...]
    reasons: Mapping[str, str]
    refused: tuple[str, ...]
    about: Mapping[str, Any]
    region: str
    account: str = ""

    @property
    def place(self) -> str:
        """Account and region as the journal names them."""
        return place_name(self.region, self.account)

    def changes(self, now: datetime) -> ChangeSet:
        """Change set of this tier as of the time of planning."""
        made = diff(self.live, self.wanted, now=now, reasons=dict(self.reasons))
        cautions = tuple(self.about.get("cautions", ()))
        return replace(made, warnings=(*self._capped(), *made.warnings, *cautions))

    def _capped(self) -> list[str]:
        """Say when the forecast needs more than the group may have: no plan can cover that."""
        peak, most = float(self.about.get("peak_need", 0)), float(self.about.get("maximum", 0))
        if peak <= most:
            return []
        cls = target_class(self.live.type_name)
        own = f"raise its {ceiling_word(cls)}"
        cure = "raise max in foresail.yaml" if most < self.live.max_size else own
        return [
            f"the forecast needs up to {peak:g} {cls.unit}, but {self.live.name} may have "
            f"{most:g}: the plan stops there; {cure} to cover the peak"
        ]

    def to_json(self) -> dict[str, Any]:
        """Plain values for the plan file."""
        return {
            "service": self.service,
            "tier": self.tier,
            "region": self.region,
            "account": self.account,
            "live": self.live.to_json(),
            "wanted": [item.to_json() for item in self.wanted],
            "reasons": dict(self.reasons),
            "refused": list(self.refused),
            "about": dict(self.about),
        }

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> TierPlan:
        """Read what `to_json` wrote."""
        return cls(
            service=data["service"],
            tier=data["tier"],
            live=LiveTarget.from_json(data["live"]),
            wanted=tuple(item_from_json(item) for item in data["wanted"]),
            reasons=data["reasons"],
            refused=tuple(data["refused"]),
            about=data["about"],
            region=data["region"],
            account=data["account"],
        )


@dataclass(frozen=True, slots=True)
class PlanFile:
    """One plan run over all its tiers; services that could not be planned are in `failed`."""

    created: datetime
    region: str
    config_digest: str
    tiers: tuple[TierPlan, ...]
    failed: tuple[ServiceFailure, ...] = ()

    @property
    def id(self) -> str:
        """First digits of the fingerprint; they name the plan in the journal."""
        return self.digest[:16]

    @property
    def digest(self) -> str:
        """Fingerprint of the whole content."""
        return _digest(self._content())

    @property
    def has_changes(self) -> bool:
        """Whether applying would write anything."""
        return any(tier.changes(self.created).pending for tier in self.tiers)

    def to_json(self) -> dict[str, Any]:
        """Plain values with the fingerprint that seals them."""
        content = self._content()
        return {**content, "digest": _digest(content)}

    def write(self, path: Path, key: SigningKey | None = None) -> None:
        """Write the file whole or not at all; with a key, signed."""
        check_writable(path, "--out")
        text = json.dumps(self.to_json() | self._signature(key), indent=2) + "\n"
        try:
            with replacing(path) as temporary:
                temporary.write_text(text, encoding="utf-8")
        except OSError as error:
            raise InputError(
                f"{path}: cannot be written ({error.strerror})", cure="choose another --out"
            ) from error

    def _signature(self, key: SigningKey | None) -> dict[str, str]:
        return {} if key is None else {"signature": seal(self.digest, key, purpose=_PURPOSE)}

    def _content(self) -> dict[str, Any]:
        return {
            "format": FORMAT,
            "created": self.created.isoformat(),
            "region": self.region,
            "config_digest": self.config_digest,
            "tiers": [tier.to_json() for tier in self.tiers],
            "failed": [one.to_json() for one in self.failed],
        }


def read_plan(path: Path, key: SigningKey | None = None) -> PlanFile:
    """Read a plan file and check that nobody edited it; with a key, that it was signed with it.

    Raises
    ------
    InputError
        When the file is missing, not a plan, of another format, edited by hand, or not signed.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError as error:
        raise InputError(f"{path}: no such plan file", cure=_AGAIN) from error
    except (OSError, ValueError) as error:
        raise InputError(f"{path}: not a plan file ({error})", cure=_AGAIN) from error
    return parse_plan(text, str(path), key)


def parse_plan(text: str, name: str, key: SigningKey | None = None) -> PlanFile:
    """Read the text of a plan file and check it as `read_plan`; `name` says whose it is.

    Raises
    ------
    InputError
        When it is not a plan, of another format, edited by hand, or not signed with the key.
    """
    try:
        data = json.loads(text)
    except ValueError as error:
        raise InputError(f"{name}: not a plan file ({error})", cure=_AGAIN) from error
    if not isinstance(data, dict) or data.get("format") != FORMAT:
        raise InputError(f"{name}: not a plan file of format {FORMAT}", cure=_AGAIN)
    digest, signature = data.pop("digest", None), data.pop("signature", None)
    if digest != _digest(data):
        raise InputError(
            f"{name}: the plan was edited after it was made (its fingerprint does not match)",
            cure=f"change foresail.yaml instead and {_AGAIN}",
        )
    if key is not None and not sealed(digest, signature, key, purpose=_PURPOSE):
        raise InputError(
            f"{name}: the plan was not signed with the key of {VARIABLE}",
            cure=f"apply only plans of your own planner; {_AGAIN} where the key is set",
        )
    try:
        return _parse(data)
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise InputError(f"{name}: not a whole plan ({error!r})", cure=_AGAIN) from error


def _parse(data: dict[str, Any]) -> PlanFile:
    return PlanFile(
        created=datetime.fromisoformat(data["created"]).astimezone(UTC),
        region=data["region"],
        config_digest=data["config_digest"],
        tiers=tuple(TierPlan.from_json(tier) for tier in data["tiers"]),
        failed=tuple(ServiceFailure.from_json(one) for one in data["failed"]),
    )


def _digest(content: dict[str, Any]) -> str:
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()
