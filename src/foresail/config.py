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

import yaml
from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PlainSerializer,
    ValidationError,
    model_validator,
)

from foresail.errors import ConfigError, InputError
from foresail.units import Rate, format_duration, parse_duration, parse_rate


def _as_value_error(parse: Any) -> Any:
    """Let pydantic report our own parse errors under the key they belong to."""

    def wrapped(value: Any) -> Any:
        try:
            return parse(value)
        except InputError as error:
            raise ValueError(f"{error.message}; {error.cure}") from error

    return wrapped


def _percent(value: Any) -> float:
    if isinstance(value, int | float) and not isinstance(value, bool):
        return float(value)
    match = re.fullmatch(r"\s*[+-]?(\d+(?:\.\d+)?)\s*%\s*", str(value))
    if match is None:
        raise InputError(f"{value!r} is not a percentage", cure="write 50% or 0.5")
    return float(match[1]) / 100


def _zone(name: Any) -> str:
    if name not in available_timezones():
        close = difflib.get_close_matches(str(name), available_timezones(), n=1)
        hint = f"did you mean {close[0]}?" if close else "use an IANA name like Europe/Berlin"
        raise InputError(f"unknown time zone {name!r}", cure=hint)
    return str(name)


Duration = Annotated[
    timedelta,
    BeforeValidator(_as_value_error(parse_duration)),
    PlainSerializer(format_duration),
]
UnitCapacity = Annotated[Rate, BeforeValidator(_as_value_error(parse_rate)), PlainSerializer(str)]
Percent = Annotated[float, BeforeValidator(_as_value_error(_percent)), Field(ge=0)]
TimeZone = Annotated[str, BeforeValidator(_as_value_error(_zone))]
Stat = Annotated[
    str, Field(pattern=r"^(Sum|Average|Minimum|Maximum|SampleCount|p\d{1,2}(\.\d+)?)$")
]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class TargetConfig(_Strict):
    """The scalable AWS resource whose floor foresail plans."""

    type: str
    name: Annotated[str, Field(min_length=1, max_length=255)]


class DemandConfig(_Strict):
    """One CloudWatch metric that tells the work that arrives.

    `scale_by: capacity` turns a utilisation into demand: utilisation x units in service.
    """

    namespace: str
    metric: str
    dimensions: dict[str, str] = Field(default_factory=dict)
    stat: Stat = "Sum"
    period: Duration = timedelta(minutes=5)
    missing: Literal["gap", "zero"] = "gap"
    unit_capacity: UnitCapacity | None = None
    scale_by: Literal["capacity"] | None = None

    @model_validator(mode="after")
    def _utilisation_is_not_demand(self) -> DemandConfig:
        if "utilization" in self.metric.lower() and self.scale_by is None:
            raise ValueError(
                f"{self.metric} falls when capacity rises, so it is not demand; "
                "add scale_by: capacity"
            )
        if self.period.total_seconds() % 60 or not self.period:
            raise ValueError("period must be a whole number of minutes, as CloudWatch stores it")
        return self


class GuardrailsConfig(_Strict):
    """The largest change of the floor that one run may make, against today's floor."""

    increase: Percent = 1.0
    decrease: Annotated[float, BeforeValidator(_as_value_error(_percent)), Field(ge=0, le=1)] = 0.5
    min_trust: Annotated[float, Field(ge=0, le=1)] = 0.3


class TierConfig(_Strict):
    """A tier: one target, its demand, and what one unit of it can serve.

    A demand metric may name its own `unit_capacity`; the plan follows whichever metric needs
    most. 60 actions are under half of EC2 Auto Scaling's 125, so that a new schedule fits beside
    the old one while it replaces it.
    """

    name: Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$")]
    target: TargetConfig
    demand: Annotated[tuple[DemandConfig, ...], Field(min_length=1)]
    unit_capacity: UnitCapacity
    utilization: Annotated[float, Field(gt=0, le=1)] = 0.7
    min: Annotated[int, Field(ge=0)] = 1
    max: Annotated[int, Field(ge=1)]
    lead_time: Duration = timedelta(minutes=10)
    timezone: TimeZone | None = None
    quantile: Annotated[float, Field(gt=0, lt=1)] = 0.9
    max_actions: Annotated[int, Field(ge=2, le=123)] = 60
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
            raise ValueError(f"max ({self.max}) is below min ({self.min}); raise max or lower min")
        if len({d.period for d in self.demand}) > 1:
            raise ValueError("the demand metrics of a tier must share one period")
        return self

    @property
    def period(self) -> timedelta:
        """Period of the tier's demand metrics."""
        return self.demand[0].period


class ServiceConfig(_Strict):
    """A service: tiers that share a name and a time zone."""

    name: Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$")]
    timezone: TimeZone = "UTC"
    tiers: Annotated[tuple[TierConfig, ...], Field(min_length=1)]

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
        raise ValueError(f"{noun} {twins[0]!r} is listed twice; each may stand once")


def load_config(path: Path | str) -> Config:
    """Read and validate a foresail.yaml.

    Raises
    ------
    ConfigError
        Naming the file, the key and what would be right.
    """
    path = Path(path)
    config = parse_config(_read_yaml(path), source=str(path))
    # The store belongs to the configuration, from whichever folder a command is run.
    return config.model_copy(update={"store": path.parent / config.store})


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
    try:
        return yaml.safe_load(text)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        where = f", line {mark.line + 1}, column {mark.column + 1}" if mark else ""
        problem = getattr(error, "problem", None) or "cannot be parsed"
        raise ConfigError(
            f"{path}{where}: malformed YAML: {problem}",
            cure="mend the indentation or quoting there",
        ) from error


def _config_error(error: ValidationError, source: str) -> ConfigError:
    problems = [_problem(item) for item in error.errors()]
    message = "\n".join(f"{source}: {text}" for text, _ in problems)
    cures = [cure for _, cure in problems if cure]
    return ConfigError(message, cure="; ".join(dict.fromkeys(cures)) or None)


def _problem(item: Any) -> tuple[str, str | None]:
    key = ".".join(f"[{p}]" if isinstance(p, int) else str(p) for p in item["loc"])
    key = key.replace(".[", "[") or "top level"
    if item["type"] == "extra_forbidden":
        return f"{key}: unknown key", _suggestion(item["loc"])
    if item["type"] == "missing":
        return f"{key}: required, but not there", f"add {item['loc'][-1]}"
    text = str(item["msg"]).removeprefix("Value error, ")
    given = item.get("input")
    said = f" (got {given!r})" if isinstance(given, str | int | float) else ""
    return f"{key}: {text}{said}", None


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
        "guardrails": GuardrailsConfig,
    }
    names = [part for part in location if isinstance(part, str)]
    return list((models[names[-1]] if names else Config).model_fields)
