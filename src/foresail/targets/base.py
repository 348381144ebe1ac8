"""A scalable target as the planner sees it: live state, what can be set on it, and the writes."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, ClassVar, Protocol, TypeVar, runtime_checkable

from foresail.policies.items import Item, ScalingPolicy, Setting, WarmPool

if TYPE_CHECKING:
    import pandas as pd

    from foresail.history.metrics import MetricQuery
    from foresail.plan.moves import Moves

MINUTE_FORMAT = "%Y-%m-%dT%H:%MZ"
AnyItem = TypeVar("AnyItem", bound=Item)


@dataclass(frozen=True, slots=True)
class ScheduledAction:
    """A scheduled action as it stands on AWS; `None` is unset, never 0. Times are UTC."""

    kind: ClassVar[str] = "scheduled-action"
    name: str
    start: datetime | None = None
    end: datetime | None = None
    recurrence: str | None = None
    time_zone: str | None = None
    min_size: int | None = None
    max_size: int | None = None
    desired_capacity: int | None = None

    @property
    def one_off_start(self) -> datetime | None:
        """Start of an action that runs once; None for a recurring one."""
        return None if self.recurrence else self.start

    def to_json(self) -> dict[str, Any]:
        """Plain values for plan files and the journal; unset fields are left out."""
        plain: dict[str, Any] = {k: v for k, v in asdict(self).items() if v is not None}
        said = {k: v.isoformat() if isinstance(v, datetime) else v for k, v in plain.items()}
        return {"kind": self.kind, **said}

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> ScheduledAction:
        """Read what `to_json` wrote."""
        times: dict[str, datetime] = {
            k: datetime.fromisoformat(data[k]).astimezone(UTC)
            for k in ("start", "end")
            if k in data
        }
        return cls(**{**{k: v for k, v in data.items() if k != "kind"}, **times})

    def sizes(self) -> str:
        """Name the sizes this action sets, for people: ``min 4, desired 4``."""
        named = (("min", self.min_size), ("max", self.max_size), ("desired", self.desired_capacity))
        return ", ".join(f"{name} {value}" for name, value in named if value is not None)

    def when(self) -> str:
        """Say when it runs, for people."""
        if self.recurrence:
            kind = "" if self.recurrence.endswith(")") else "cron "  # cron(...) says it itself
            return f"{kind}{self.recurrence} ({self.time_zone or 'UTC'})"
        return self.start.strftime(MINUTE_FORMAT) if self.start else "never"


@dataclass(frozen=True, slots=True)
class LiveTarget:
    """What AWS says of a target right now.

    `desired_capacity` is None where there is none to set: no action may set it then. `settings`
    are the scaling policies, also those that are switched off, and the warm pool. `tool` names what
    owns the target, as its tags tell, and may set back what a schedule set.
    """

    type_name: str
    name: str
    min_size: int
    max_size: int
    desired_capacity: int | None
    actions: tuple[ScheduledAction, ...] = ()
    dynamic_policies: tuple[str, ...] = ()
    predictive_policies: tuple[str, ...] = ()
    suspended: frozenset[str] = field(default_factory=frozenset)
    settings: tuple[Setting, ...] = ()
    tool: str = ""

    @property
    def items(self) -> tuple[Item, ...]:
        """Everything that stands on the target, foresail's and others'."""
        return (*self.actions, *self.settings)

    @property
    def set_desired(self) -> bool:
        """Whether actions must set the desired capacity too: nothing else follows the floor."""
        return self.desired_capacity is not None and not self.dynamic_policies

    def sizes(self) -> str:
        """Name the sizes in force, for people: ``min 4, desired 4, max 9``."""
        desired = "" if self.desired_capacity is None else f"desired {self.desired_capacity}, "
        return f"min {self.min_size}, {desired}max {self.max_size}"

    def to_json(self) -> dict[str, Any]:
        """Plain values for the journal and the fingerprint."""
        return {
            **asdict(self),
            "actions": [action.to_json() for action in self.actions],
            "dynamic_policies": list(self.dynamic_policies),
            "predictive_policies": list(self.predictive_policies),
            "suspended": sorted(self.suspended),
            "settings": [setting.to_json() for setting in self.settings],
        }

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> LiveTarget:
        """Read what `to_json` wrote."""
        return cls(
            **{
                **data,
                "actions": tuple(ScheduledAction.from_json(action) for action in data["actions"]),
                "dynamic_policies": tuple(data["dynamic_policies"]),
                "predictive_policies": tuple(data["predictive_policies"]),
                "suspended": frozenset(data["suspended"]),
                "settings": tuple(_setting(one) for one in data.get("settings", ())),
            }
        )


def item_from_json(data: dict[str, Any]) -> Item:
    """Read any item; runs journalled before there were kinds hold scheduled actions only."""
    if data.get("kind", ScheduledAction.kind) == ScheduledAction.kind:
        return ScheduledAction.from_json(data)
    return _setting(data)


def _setting(data: dict[str, Any]) -> Setting:
    kinds: dict[str, type[ScalingPolicy] | type[WarmPool]] = {
        cls.kind: cls for cls in (ScalingPolicy, WarmPool)
    }
    return kinds[data["kind"]].from_json(data)


def scheduled(items: Iterable[Item]) -> tuple[ScheduledAction, ...]:
    """Items that happen at their time."""
    return tuple(item for item in items if isinstance(item, ScheduledAction))


def standing(items: Iterable[Item]) -> tuple[Setting, ...]:
    """Items that hold until they are changed."""
    return tuple(item for item in items if isinstance(item, ScalingPolicy | WarmPool))


class SettingsWriter(Protocol):
    """Scaling policies (and a warm pool) of one kind of target: how they are written."""

    quota: ClassVar[int]

    def put(self, name: str, settings: Sequence[Setting]) -> dict[str, str]:
        """Create or update settings; returns the reason for each name that AWS refused."""
        ...

    def delete(self, name: str, settings: Sequence[Setting]) -> dict[str, str]:
        """Delete settings; one that is already gone counts as deleted."""
        ...

    def cautions(self, name: str) -> tuple[str, ...]:
        """Say what of the target a policy's timing has to reckon with, like lifecycle hooks."""
        ...

    def forecast(self, name: str, policy: str, start: datetime, end: datetime) -> pd.Series:
        """Ask what capacity a predictive policy forecast, by hour (UTC)."""
        ...


@runtime_checkable
class TakesSettings(Protocol):
    """A target that takes scaling policies."""

    iam_policies: ClassVar[tuple[str, ...]]

    @property
    def settings(self) -> SettingsWriter:
        """Writes them."""
        ...


class Target(Protocol):
    """One kind of scalable AWS resource, able to take a schedule."""

    type_name: ClassVar[str]
    about: ClassVar[str]
    unit: ClassVar[str]
    bounds: ClassVar[tuple[int, int | None]]
    quota: ClassVar[int]
    has_desired: ClassVar[bool]
    moves: ClassVar[Moves]
    iam_read: ClassVar[tuple[str, ...]]
    iam_write: ClassVar[tuple[str, ...]]

    @classmethod
    def check_name(cls, name: str) -> None:
        """Refuse a name that cannot be one of this resource, with a ConfigError."""
        ...

    @classmethod
    def metrics(cls, name: str) -> tuple[MetricQuery, ...]:
        """Metrics of the target itself, of the series that are known.

        ``units`` in service, the ``most`` it allowed, and how ``busy`` they were in percent.
        """
        ...

    @classmethod
    def arn(cls, name: str) -> str:
        """ARN of a resource for IAM, whole or from the service on, with ``{region}``."""
        ...

    def read(self, name: str) -> LiveTarget:
        """Read the target's sizes, policies and scheduled actions."""
        ...

    def put(self, name: str, actions: Sequence[ScheduledAction]) -> dict[str, str]:
        """Create or update actions; returns the reason for each name that AWS refused."""
        ...

    def delete(self, name: str, names: Sequence[str]) -> dict[str, str]:
        """Delete actions by name; one that is already gone counts as deleted."""
        ...


def by_time(items: Iterable[AnyItem]) -> list[AnyItem]:
    """Items in the order they take effect; those without a start come first."""
    never = datetime.min.replace(tzinfo=UTC)
    return sorted(items, key=lambda item: (item.start or never, item.name))
