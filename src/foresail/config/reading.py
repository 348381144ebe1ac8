"""Read a foresail.yaml and name each mistake by file, key and cure."""

from __future__ import annotations

import difflib
from collections.abc import Sequence
from pathlib import Path
from typing import Any, get_args

from pydantic import BaseModel, ValidationError

from foresail.config.models import Config, ServiceConfig
from foresail.config.monitoring import NOTICE_KINDS
from foresail.config.signals import KINDS
from foresail.config.storing import STORES
from foresail.errors import ConfigError
from foresail.yamls import parse_yaml

CALENDAR_FILES = (".csv", ".yaml", ".yml")


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
    store = config.store
    if isinstance(store, Path):
        store = path.parent / store
    return config.model_copy(update={"store": store, "services": services})


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
    return parse_yaml(read_text(path), str(path), error=ConfigError)


def read_text(path: Path) -> str:
    """Read a configuration's text.

    Raises
    ------
    ConfigError
        When there is no such file, or it cannot be read.
    """
    try:
        return path.read_text(encoding="utf-8")
    except FileNotFoundError as error:
        raise ConfigError(
            f"{path}: no such file", cure="name your configuration with --config FILE"
        ) from error
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path}: cannot be read ({error})", cure="check the file") from error


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
    parts = _without_kinds(item["loc"])
    key = ".".join(f"[{p}]" if isinstance(p, int) else str(p) for p in parts)
    key = key.replace(".[", "[") or "top level"
    if item["type"] == "extra_forbidden":
        return f"{key}: unknown key", _suggestion(item["loc"])
    if item["type"] == "missing":
        return f"{key}: required, but not there", f"add {item['loc'][-1]}"
    if item["type"] == "union_tag_invalid":
        return f"{key}.kind: no kind of signal {item['ctx']['tag']!r}", _kind(item["ctx"]["tag"])
    if item["type"] == "foresail":
        return f"{key}: {item['msg']}", item["ctx"]["cure"]
    given = item.get("input")
    said = f" (got {given!r})" if isinstance(given, str | int | float) else ""
    text = str(item["msg"]).replace("Input", "it").replace("tuple", "list")
    return f"{key}: {text[0].lower()}{text[1:]}{said}", _right(parts)


def _without_kinds(location: tuple[Any, ...]) -> list[Any]:
    """Leave out the kinds that pydantic puts after a signal's number and after store.

    Nobody writes them there.
    """
    kept = [part for at, part in enumerate(location) if not _is_kind(location, at)]
    return [part for at, part in enumerate(kept) if at != 1 or part not in STORES]


def _is_kind(location: tuple[Any, ...], at: int) -> bool:
    return at >= 2 and location[at - 2] == "demand" and isinstance(location[at - 1], int)


def _kind(given: str) -> str:
    close = difflib.get_close_matches(given, KINDS, n=1)
    return f"did you mean {close[0]!r}?" if close else f"known kinds: {', '.join(KINDS)}"


_NAME = "begin with a letter or digit; then letters, digits, dots, - and _, 64 at most"
_RIGHT = {
    "region": "write a region, like us-east-1",
    "account": "write account: {role_arn: ARN, external_id: ID}, as in docs/accounts.md",
    "role_arn": "write a role, like arn:aws:iam::111122223333:role/foresail",
    "session_name": "write 2 to 40 letters, digits and _+=,.@-",
    "concurrency": "write how many calls to AWS may run at a time, 1 to 32; 4 without it",
    "store": "write a folder, or {table: foresail, bucket: NAME}, as in docs/store.md",
    "table": "write the name of a DynamoDB table, like foresail",
    "bucket": "write the name of a bucket of S3, like example-foresail",
    "services": "list at least one service, as in the README",
    "tiers": "list at least one tier of the service, as in the README",
    "target": "write target: {type: ec2-auto-scaling-group, name: NAME}",
    "demand": "name at least one CloudWatch metric, as in the README, or a kind of docs/signals.md",
    "combine": "write max, or learned",
    "leading": "list metrics that run ahead, like {namespace: Shop, metric: SignUps, within: 6h}",
    "storage": "write storage: {instance: NAME, allocated: 100 GiB, max_allocated: 1 TiB}",
    "full": "write a share, like 90%",
    "expression": "write a formula over metrics, like requests * (1 - hit_rate / 100)",
    "metrics": "name each metric: {requests: {namespace: ..., metric: ...}, hit_rate: {...}}",
    "endpoint": "write reader or writer",
    "access": "write read or write",
    "unit": "write seconds or milliseconds",
    "max_connections": "write a whole number of connections, 1 or more",
    "share": "write a share, like 0.9 or 90%",
    "nodes": "list the cache's nodes, up to 200, like [shop-0001-001, shop-0002-001]",
    "latency": "name a CloudWatch metric, like TargetResponseTime with stat: p95",
    "load": "name the CloudWatch metric that counts the work, like RequestCount",
    "dimensions": "write a mapping, like {LoadBalancer: app/storefront/50dc6c495c0c9188}",
    "name": _NAME,
    "stat": "use Sum, Average, Minimum, Maximum, SampleCount or a percentile like p95",
    "missing": "use zero when silence is no demand, gap when it is not known",
    "scale_by": "the one choice is capacity",
    "utilization": "write a share, like 0.7 or 70%",
    "lead_quantile": "write a number between 0 and 1, like 0.95",
    "quantile": "write a number between 0 and 1, like 0.9",
    "min": "write a whole number of units, 0 or more",
    "max": "write a whole number of units, 1 or more",
    "max_actions": "write a whole number from 2 to 123",
    "increase": "write a share of today's floor, like 100%",
    "decrease": "write a share of today's floor up to 100%, like 50%",
    "min_trust": "write a number from 0 to 1, like 0.3",
    "approval": "write approval: {ask: large, auto: {increase: 50%, decrease: 20%}, expires: 4h}",
    "ask": "write large, always or never",
    "auto": "write auto: {increase: 50%, decrease: 20%, cost_per_day: 100}",
    "cost_per_day": "write dollars a day, like 100",
    "policy_changes": "write true or false",
    "first_plan": "write true or false",
    "expires": "write how long a plan may wait, like 4h",
    "price": "write dollars of one unit for one hour, like 0.096",
    "maintenance": 'list windows, like {cron: "0 2 * * SUN", duration: 2h}',
    "cron": "write minute hour day-of-month month day-of-week, like 0 2 * * SUN",
    "start": "write a local time, like 2026-12-24T22:00",
    "duration": "write a duration, like 2h",
    "reason": "write up to 200 characters",
    "publish": "write publish: {alarms: {quantile: 0.95, periods: 3}, anomaly_detectors: true}",
    "periods": "write a whole number from 1 to 1440",
    "notify": "list up to five topics, like arn:aws:sns:us-east-1:123456789012:capacity; at the "
    "top, notify: {topics: [ARN], webhook: ssm:/foresail/slack}",
    "topics": "list up to five topics, like arn:aws:sns:us-east-1:123456789012:capacity",
    "kinds": f"list kinds of notices: {', '.join(NOTICE_KINDS)}",
    "quiet": "write how long the same notice is told once, like 1h",
    "monitoring": "write monitoring: {log_group: /foresail/health}, {file: PATH} or {stdout: true}",
    "file": "write a path",
    "stdout": "write true or false",
    "anomaly_detectors": "write true or false",
    "events": "write events: {bus: NAME}; default is the account's own bus",
    "bus": "write the name of an event bus, like default; AWS's own (aws.) take no events",
    "replan": "write replan: {target: ARN}, as in docs/publish.md",
    "role": "write a role, like arn:aws:iam::123456789012:role/foresail-replan",
    "prefer": "write schedule (foresail's own), or scaling-plan",
    "prewarm": "list what to fetch, like https://d111111abcdef8.cloudfront.net/home",
    "application": "write application: {stack: ARN}, or application: {tags: {app: [shop]}}",
    "scheduler": "write scheduler: {role: ARN, dead_letter: ARN}, as in docs/targets/scheduler.md",
    "dead_letter": "write an SQS queue: arn:aws:sqs:us-east-1:123456789012:foresail-failed",
    "group": "write up to 64 letters, digits, dots, - and _",
    "sources": "list up to 20 sources of your own events, like com.example.orders",
    "parameters": "write parameters: {prefix: /foresail/storefront}",
    "prefix": "write a path like /foresail/storefront, not below /aws or /ssm",
    "needs": "list tiers that this one calls: needs: [database], or [{tier: database, ratio: 3}]",
    "warm_up": "write how long a new cache node misses more than the others, like 20m",
    "ratio": "write measured, or a number above 0: demand there per demand here",
    "per_unit": "write what one unit takes, above 0; for a limit by tier: {web: 2, app: 4}",
    "limit_per_unit": "write max_connections of one unit of the needed tier",
    "limits": "list limits, like {name: vcpus, limit: 256, per_unit: {web: 2, app: 4}}",
    "policies": "see docs/policies.md",
    "disable_scale_in": "write true or false",
    "reuse": "write true or false",
    "state": "write stopped, running or hibernated",
    "mode": "write forecast_only or forecast_and_scale",
    "max_capacity": "write honor, or {increase: 10%} to let AWS raise the maximum for good",
    "adjustment": "write units, percent or exact",
    "least_change": "write a whole number of units, 1 or more",
    "threshold": "write the value of the metric at which to scale, like 70",
    "steps": "list 1 to 20 steps, like {lower: 0, upper: 15, change: 1}",
    "change": "write a whole number, like 2 or -1",
    "queries": "list up to 10 queries, like {id: m1, namespace: Shop, metric: Orders}",
    "id": "begin with a small letter; then letters, digits and _, 64 at most",
    "resource_label": "write app/NAME/ID/targetgroup/NAME/ID, the ends of both ARNs",
    "switch_cost": "write unit-hours, 0 or more, like 0.5",
    "max_step": "write units, like 10, or a share, like 50%",
    "schedule": "write one-off, weekly or auto",
    "weights": "list the capacity units of each instance type, like [1, 2, 4]",
    "value": "write a number above 0; 1 is the usual, 2 counts a shortage twice",
    "urgent": "write urgent: {cooldown: 10m, window: 3h}, as in docs/urgent.md",
    "scoring": "write scoring: {window: 6h, slo: 80%, demote_after: 3}, as in docs/scoring.md",
    "settle": "write how long metrics may still change, like 20m",
    "slo": "write the utilisation that should not be exceeded, like 80%",
    "bad": "write bad: {error: 3, shortfall: 40%, short: 5%}",
    "error": "write a number above 0: errors over those of the day before repeated, like 3",
    "shortfall": "write how far coverage may fall below its quantile, like 40%",
    "short": "write a share of time, like 5%",
    "demote_after": "write a whole number of windows, from 1 to 100",
    "promote_after": "write a whole number of windows, from 1 to 100",
    "learn": "write true or false",
    "tune": "write tune: {quantile: [0.8, 0.97], utilization: [0.6, 0.8]}",
}


def _right(location: Sequence[Any]) -> str:
    """Say what would be right for a key, or for the list or mapping that holds it."""
    names = [part for part in reversed(location) if part in _RIGHT]
    return _RIGHT[names[0]] if names else "see the example in the README"


def _suggestion(location: tuple[Any, ...]) -> str:
    known = _known_keys(location[:-1])
    close = difflib.get_close_matches(str(location[-1]), known, n=1)
    return f"did you mean {close[0]!r}?" if close else f"known keys here: {', '.join(known)}"


def _known_keys(location: tuple[Any, ...]) -> list[str]:
    """Keys of the mapping that a location leads to."""
    model: type[BaseModel] = Config
    for at, key in enumerate(location):
        if _is_kind(location, at):
            model = KINDS[key]
        elif key in model.model_fields:
            model = _mapping(model.model_fields[key].annotation) or model
    return list(model.model_fields)


def _mapping(annotation: Any) -> type[BaseModel] | None:
    """Model within a type like ``tuple[TierConfig, ...] | None``."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    found = (_mapping(part) for part in get_args(annotation))
    return next((model for model in found if model is not None), None)
