"""``foresail.yaml``: read, validated strictly, and every mistake named with its cure."""

from __future__ import annotations

import difflib
import hashlib
import json
import re
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo, available_timezones

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PlainSerializer,
    ValidationError,
    model_validator,
)
from pydantic_core import PydanticCustomError

from foresail.errors import ConfigError, InputError
from foresail.units import Rate, format_duration, parse_duration, parse_rate
from foresail.yamls import parse_yaml


def _mistake(message: str, cure: str | None) -> PydanticCustomError:
    """Let pydantic report a mistake of our own under the key it belongs to."""
    return PydanticCustomError("foresail", "{said}", {"said": message, "cure": cure})


def _told(parse: Any) -> Any:
    def wrapped(value: Any) -> Any:
        try:
            return parse(value)
        except InputError as error:
            raise _mistake(error.message, error.cure) from error

    return wrapped


def _share(value: Any) -> float:
    if isinstance(value, int | float) and not isinstance(value, bool):
        return float(value)
    match = re.fullmatch(r"\s*([+-]?\d+(?:\.\d+)?)\s*%\s*", str(value))
    if match is None:
        raise InputError(f"{value!r} is not a share", cure="write 50% or 0.5")
    return float(match[1]) / 100


def _zone(name: Any) -> str:
    if not isinstance(name, str) or name not in available_timezones():
        close = difflib.get_close_matches(str(name), available_timezones(), n=1)
        hint = f"did you mean {close[0]}?" if close else "use an IANA name like Europe/Berlin"
        raise InputError(f"unknown time zone {name!r}", cure=hint)
    return str(name)


Duration = Annotated[
    timedelta,
    BeforeValidator(_told(parse_duration)),
    PlainSerializer(format_duration),
]
UnitCapacity = Annotated[Rate, BeforeValidator(_told(parse_rate)), PlainSerializer(str)]
Share = Annotated[float, BeforeValidator(_told(_share)), Field(allow_inf_nan=False)]
Decrease = Annotated[Share, AfterValidator(abs), Field(le=1)]  # people write -50% as well
Units = Annotated[int, Field(strict=True)]
Level = Annotated[float, Field(strict=True)]
TimeZone = Annotated[str, BeforeValidator(_told(_zone))]
Stat = Annotated[
    str, Field(pattern=r"^(Sum|Average|Minimum|Maximum|SampleCount|p\d{1,2}(\.\d+)?)$")
]


LEAST_HISTORY = timedelta(days=2)
MOST_HORIZON = timedelta(days=31)


CALENDAR_FILES = (".csv", ".yaml", ".yml")


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class TargetConfig(_Strict):
    """The scalable AWS resource whose floor foresail plans."""

    type: str
    name: Annotated[str, Field(min_length=1, max_length=255)]


class MetricConfig(_Strict):
    """One CloudWatch metric, as CloudWatch spells it."""

    namespace: str
    metric: str
    dimensions: dict[str, str] = Field(default_factory=dict)
    stat: Stat = "Sum"


class DemandConfig(MetricConfig):
    """One CloudWatch metric that tells the work that arrives.

    `scale_by: capacity` turns a utilisation into demand: utilisation x units in service.
    """

    period: Duration = timedelta(minutes=5)
    missing: Literal["gap", "zero"] = "gap"
    unit_capacity: UnitCapacity | None = None
    scale_by: Literal["capacity"] | None = None

    @model_validator(mode="after")
    def _utilisation_is_not_demand(self) -> DemandConfig:
        if "utilization" in self.metric.lower() and self.scale_by is None:
            raise _mistake(
                f"{self.metric} falls when capacity rises, so it is not demand",
                "add scale_by: capacity",
            )
        if self.period.total_seconds() % 60 or not self.period:
            raise _mistake(
                f"CloudWatch stores whole minutes, no period of {format_duration(self.period)}",
                "write period: 1m, 5m or 1h",
            )
        return self

    @property
    def per_period(self) -> bool:
        """Whether the statistic counts work over a period, and so is a rate."""
        return self.stat in ("Sum", "SampleCount")


class GuardrailsConfig(_Strict):
    """The largest change of the floor that one run may make, against today's floor."""

    increase: Annotated[Share, Field(ge=0)] = 1.0
    decrease: Decrease = 0.5
    min_trust: Annotated[Level, Field(ge=0, le=1)] = 0.3


class TierConfig(_Strict):
    """A tier: one target, its demand, and what one unit of it can serve.

    A demand metric may name its own `unit_capacity`; the plan follows whichever metric needs
    most. `throttled` counts work that was turned away: where it is above zero, demand was higher
    than measured. 60 actions are under half of EC2 Auto Scaling's 125, so that a new schedule fits
    beside the old one while it replaces it.
    """

    name: Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$")]
    target: TargetConfig
    demand: Annotated[tuple[DemandConfig, ...], Field(min_length=1)]
    throttled: MetricConfig | None = None
    unit_capacity: UnitCapacity
    utilization: Annotated[Share, Field(gt=0, le=1)] = 0.7
    min: Annotated[Units, Field(ge=0)] = 1
    max: Annotated[Units, Field(ge=1)]
    lead_time: Duration = timedelta(minutes=10)
    timezone: TimeZone | None = None
    quantile: Annotated[Level, Field(gt=0, lt=1)] = 0.9
    risk: Annotated[Share, Field(gt=0, lt=1)] | None = None
    max_actions: Annotated[Units, Field(ge=2, le=123)] = 60
    guardrails: GuardrailsConfig = GuardrailsConfig()

    @model_validator(mode="before")
    @classmethod
    def _one_metric_is_a_list_of_one(cls, data: Any) -> Any:
        if isinstance(data, dict) and isinstance(data.get("demand"), dict):
            return {**data, "demand": [data["demand"]]}
        return data

    @model_validator(mode="after")
    def _bounds_in_order(self) -> TierConfig:
        if self.max < self.min:
            raise _mistake(f"max ({self.max}) is below min ({self.min})", "raise max or lower min")
        if len({d.period for d in self.demand}) > 1:
            raise _mistake(
                "the demand metrics of a tier have different periods", "give them one period"
            )
        return self

    @model_validator(mode="after")
    def _one_way_to_choose(self) -> TierConfig:
        if self.risk is not None and "quantile" in self.model_fields_set:
            raise _mistake(
                "risk and quantile are both given",
                "keep one: risk (a share of time under capacity) chooses the quantile",
            )
        return self

    @model_validator(mode="after")
    def _rates_for_counts(self) -> TierConfig:
        for demand in self.demand:
            rate = demand.unit_capacity or self.unit_capacity
            if demand.per_period and not rate.per_second:
                raise _mistake(
                    f"unit_capacity {str(rate)!r} has no time, but {demand.metric} {demand.stat} "
                    "is work over time",
                    f"write a rate, like {rate.amount:g} requests/s",
                )
        return self

    @property
    def period(self) -> timedelta:
        """Period of the tier's demand metrics."""
        return self.demand[0].period


class ServiceConfig(_Strict):
    """A service: tiers that share a name, a time zone and a calendar.

    The calendar lists countries (``US``, ``US-CA``) and files of events, beside the configuration.
    """

    name: Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$")]
    timezone: TimeZone = "UTC"
    calendar: tuple[str, ...] = ()
    tiers: Annotated[tuple[TierConfig, ...], Field(min_length=1)]

    @model_validator(mode="before")
    @classmethod
    def _one_calendar_is_a_list_of_one(cls, data: Any) -> Any:
        if isinstance(data, dict) and isinstance(data.get("calendar"), str):
            return {**data, "calendar": [data["calendar"]]}
        return data

    @model_validator(mode="after")
    def _unique_tiers(self) -> ServiceConfig:
        _refuse_twins("tier", [tier.name for tier in self.tiers])
        return self


class Config(_Strict):
    """The whole of foresail.yaml."""

    region: Annotated[str, Field(pattern=r"^[a-z]{2}(-[a-z]+)+-\d$")] = "us-east-1"
    store: Path = Path(".foresail")
    history: Duration = timedelta(days=14)
    horizon: Duration = timedelta(hours=48)
    services: Annotated[tuple[ServiceConfig, ...], Field(min_length=1)]

    @model_validator(mode="after")
    def _one_owner_per_target(self) -> Config:
        _refuse_twins("service", [service.name for service in self.services])
        _refuse_twins(
            "target", [f"{t.target.type} {t.target.name}" for s in self.services for t in s.tiers]
        )
        return self

    @model_validator(mode="after")
    def _long_enough(self) -> Config:
        if self.history < LEAST_HISTORY:
            raise _mistake(
                f"history: {format_duration(self.history)} is less than "
                f"{format_duration(LEAST_HISTORY)}, too little to forecast from",
                "leave it out (14d), or write at least 2d",
            )
        longest = max(tier.period for service in self.services for tier in service.tiers)
        if not longest <= self.horizon <= MOST_HORIZON:
            raise _mistake(
                f"horizon: {format_duration(self.horizon)} is not between one period "
                f"({format_duration(longest)}) and {format_duration(MOST_HORIZON)}",
                "leave it out (48h), or write 24h, 48h, 7d",
            )
        return self

    def digest(self) -> str:
        """Fingerprint of what the configuration means; comments, order and store do not count."""
        text = json.dumps(self.model_dump(mode="json", exclude={"store"}), sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()

    def zone(self, service: ServiceConfig, tier: TierConfig) -> ZoneInfo:
        """Time zone of a tier: its own, else its service's."""
        return ZoneInfo(tier.timezone or service.timezone)


def _refuse_twins(noun: str, names: list[str]) -> None:
    twins = sorted({name for name in names if names.count(name) > 1})
    if twins:
        raise _mistake(f"{noun} {twins[0]!r} is listed twice", "each may stand once")


def load_config(path: Path | str) -> Config:
    """Read and validate a foresail.yaml.

    Raises
    ------
    ConfigError
        Naming the file, the key and what would be right.
    """
    path = Path(path)
    config = parse_config(_read_yaml(path), source=str(path))
    # Store and calendars belong to the configuration, from whichever folder a command is run.
    services = tuple(_beside(service, path.parent) for service in config.services)
    return config.model_copy(update={"store": path.parent / config.store, "services": services})


def _beside(service: ServiceConfig, folder: Path) -> ServiceConfig:
    """Find files of events beside the configuration."""
    found = tuple(
        str(folder / one) if one.endswith(CALENDAR_FILES) else one for one in service.calendar
    )
    return service.model_copy(update={"calendar": found})


def parse_config(data: Any, *, source: str) -> Config:
    """Validate already parsed YAML; `source` names it in errors."""
    if not isinstance(data, dict):
        raise ConfigError(
            f"{source}: expected a mapping with region and services at the top",
            cure="start from the example in the README",
        )
    try:
        return Config.model_validate(data)
    except ValidationError as error:
        raise _config_error(error, source) from error


def _read_yaml(path: Path) -> Any:
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError as error:
        raise ConfigError(
            f"{path}: no such file", cure="name your configuration with --config FILE"
        ) from error
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path}: cannot be read ({error})", cure="check the file") from error
    return parse_yaml(text, str(path), error=ConfigError)


def _config_error(error: ValidationError, source: str) -> ConfigError:
    problems = [_problem(item) for item in _causes(error)]
    message = "\n".join(f"{source}: {text}" for text, _ in problems)
    return ConfigError(message, cure="; ".join(dict.fromkeys(cure for _, cure in problems)))


def _causes(error: ValidationError) -> list[Any]:
    """Leave out that a list is empty when that is only so because its items were refused."""
    items = error.errors()
    return [
        item
        for item in items
        if item["type"] != "too_short" or not any(_inside(item["loc"], o["loc"]) for o in items)
    ]


def _inside(outer: tuple[Any, ...], inner: tuple[Any, ...]) -> bool:
    return len(inner) > len(outer) and inner[: len(outer)] == outer


def _problem(item: Any) -> tuple[str, str]:
    key = ".".join(f"[{p}]" if isinstance(p, int) else str(p) for p in item["loc"])
    key = key.replace(".[", "[") or "top level"
    if item["type"] == "extra_forbidden":
        return f"{key}: unknown key", _suggestion(item["loc"])
    if item["type"] == "missing":
        return f"{key}: required, but not there", f"add {item['loc'][-1]}"
    if item["type"] == "foresail":
        return f"{key}: {item['msg']}", item["ctx"]["cure"]
    given = item.get("input")
    said = f" (got {given!r})" if isinstance(given, str | int | float) else ""
    text = str(item["msg"]).replace("Input", "it").replace("tuple", "list")
    return f"{key}: {text[0].lower()}{text[1:]}{said}", _right(item["loc"])


_NAME = "begin with a letter or digit; then letters, digits, dots, - and _, 64 at most"
_RIGHT = {
    "region": "write a region, like us-east-1",
    "store": "write a folder",
    "services": "list at least one service, as in the README",
    "tiers": "list at least one tier of the service, as in the README",
    "target": "write target: {type: ec2-auto-scaling-group, name: NAME}",
    "demand": "name at least one CloudWatch metric, as in the README",
    "dimensions": "write a mapping, like {LoadBalancer: app/storefront/50dc6c495c0c9188}",
    "name": _NAME,
    "stat": "use Sum, Average, Minimum, Maximum, SampleCount or a percentile like p95",
    "missing": "use zero when silence is no demand, gap when it is not known",
    "scale_by": "the one choice is capacity",
    "utilization": "write a share, like 0.7 or 70%",
    "quantile": "write a number between 0 and 1, like 0.9",
    "min": "write a whole number of units, 0 or more",
    "max": "write a whole number of units, 1 or more",
    "max_actions": "write a whole number from 2 to 123",
    "increase": "write a share of today's floor, like 100%",
    "decrease": "write a share of today's floor up to 100%, like 50%",
    "min_trust": "write a number from 0 to 1, like 0.3",
}


def _right(location: tuple[Any, ...]) -> str:
    """Say what would be right for a key, or for the list or mapping that holds it."""
    names = [part for part in reversed(location) if part in _RIGHT]
    return _RIGHT[names[0]] if names else "see the example in the README"


def _suggestion(location: tuple[Any, ...]) -> str:
    known = _known_keys(location[:-1])
    close = difflib.get_close_matches(str(location[-1]), known, n=1)
    return f"did you mean {close[0]!r}?" if close else f"known keys here: {', '.join(known)}"


def _known_keys(location: tuple[Any, ...]) -> list[str]:
    models: dict[str, type[BaseModel]] = {
        "services": ServiceConfig,
        "tiers": TierConfig,
        "target": TargetConfig,
        "demand": DemandConfig,
        "throttled": MetricConfig,
        "guardrails": GuardrailsConfig,
    }
    names = [part for part in location if isinstance(part, str)]
    return list((models[names[-1]] if names else Config).model_fields)
