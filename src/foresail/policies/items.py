"""Items: what foresail can set on a target. Here those that hold until they are changed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar, Literal, Protocol

from foresail.policies.words import policy_words, pool_words

PolicyType = Literal["TargetTrackingScaling", "StepScaling", "PredictiveScaling", "SimpleScaling"]
DYNAMIC = frozenset({"TargetTrackingScaling", "StepScaling", "SimpleScaling"})
WARM_POOL = "warm-pool"  # a group has at most one, and AWS gives it no name


class Item(Protocol):
    """One thing that can be wanted, written, read back, journalled and put back."""

    kind: ClassVar[str]

    @property
    def name(self) -> str:
        """Name on AWS; one of foresail's begins with its prefix for the target."""
        ...

    @property
    def start(self) -> datetime | None:
        """When it takes effect by itself (UTC); None for what holds as soon as it is written."""
        ...

    @property
    def one_off_start(self) -> datetime | None:
        """Start of what happens once; None for what recurs or holds."""
        ...

    def to_json(self) -> dict[str, Any]:
        """Plain values for plan files and the journal."""
        ...

    def sizes(self) -> str:
        """Say what it sets, for people."""
        ...

    def when(self) -> str:
        """Say when it takes effect, for people."""
        ...


class Standing:
    """What is common to items that hold until somebody changes them."""

    @property
    def start(self) -> datetime | None:
        """None: it holds as soon as it is written."""
        return None

    @property
    def one_off_start(self) -> datetime | None:
        """None: it does not happen at a time."""
        return None

    def when(self) -> str:
        """Say when it takes effect."""
        return "holds until changed"


@dataclass(frozen=True)
class ScalingPolicy(Standing):
    """A scaling policy as AWS keeps it, with the alarm of its own that drives a step policy.

    Parameters
    ----------
    name
        PolicyName.
    policy_type
        PolicyType, as AWS spells it.
    settings
        The rest of PutScalingPolicy's request, in `foresail.policies.normal.normal` form.
    alarm
        PutMetricAlarm's request without name and actions; None where AWS makes the alarms.
    """

    kind: ClassVar[str] = "scaling-policy"
    name: str
    policy_type: PolicyType
    settings: Mapping[str, Any]
    alarm: Mapping[str, Any] | None = None

    @property
    def dynamic(self) -> bool:
        """Whether it reacts to load, as opposed to a forecast."""
        return self.policy_type in DYNAMIC

    def to_json(self) -> dict[str, Any]:
        """Plain values for plan files and the journal."""
        plain = {"kind": self.kind, "name": self.name, "policy_type": self.policy_type}
        alarm = {} if self.alarm is None else {"alarm": dict(self.alarm)}
        return {**plain, "settings": dict(self.settings), **alarm}

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> ScalingPolicy:
        """Read what `to_json` wrote."""
        return cls(data["name"], data["policy_type"], data["settings"], data.get("alarm"))

    def sizes(self) -> str:
        """Say what it does, for people."""
        return policy_words(self.policy_type, self.settings, self.alarm)


@dataclass(frozen=True)
class WarmPool(Standing):
    """The warm pool of a group; empty settings when only foresail's mark on the group is left.

    Parameters
    ----------
    name
        A name of foresail's own when it made the pool (kept in a tag), else `WARM_POOL`.
    settings
        PutWarmPool's request without the group's name.
    """

    kind: ClassVar[str] = "warm-pool"
    name: str
    settings: Mapping[str, Any]

    def to_json(self) -> dict[str, Any]:
        """Plain values for plan files and the journal."""
        return {"kind": self.kind, "name": self.name, "settings": dict(self.settings)}

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> WarmPool:
        """Read what `to_json` wrote."""
        return cls(data["name"], data["settings"])

    def sizes(self) -> str:
        """Say what it holds, for people."""
        return pool_words(self.settings)


Setting = ScalingPolicy | WarmPool
