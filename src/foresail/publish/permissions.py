"""IAM statements of what is published and told, as narrow as AWS takes them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from foresail import remote
from foresail.publish import (
    alarms,
    dashboards,
    detectors,
    emf,
    events,
    metrics,
    notify,
    rules,
    summary,
)
from foresail.publish.names import NAMESPACE, OWNED
from foresail.remote import is_remote, parse_address
from foresail.targets.arns import Place

if TYPE_CHECKING:
    from foresail.config import Config

Statement = dict[str, Any]


def telling(config: Config, source: Path, *, write: bool) -> list[Statement]:
    """Allow what plan, apply and status call beside their targets.

    Parameters
    ----------
    config, source
        The configuration and where it was read from.
    write
        Also what apply calls once it is done.
    """
    place = Place(config.region)
    made = _reading(source, place)
    if config.events is not None:
        bus = place.arn(f"events:{{region}}:*:event-bus/{config.events.bus}")
        made.append(_statement("ForesailEvents", events.IAM_WRITE, bus))
    made += [*_notifying(config, place), *_monitoring(config, place)]
    if write and config.parameters is not None:
        named = _parameter(place, f"{config.parameters.prefix}/plan")
        made.append(_statement("ForesailSummary", summary.IAM_WRITE, named))
    return made


def publishing(config: Config, source: Path, *, home: bool = True) -> list[Statement]:
    """Allow what `foresail publish` calls, with every option that is configured.

    Parameters
    ----------
    config, source
        The configuration, of the services in one account, and where it was read from.
    home
        It is the caller's own account, where the configuration and the rules are.
    """
    regions = sorted({one.region or config.region for one in config.services} or {config.region})
    places = [Place(region) for region in regions]
    made = _cloudwatch(places, detecting=config.publish.anomaly_detectors)
    if not home:
        return made
    place = Place(config.region)
    return [*_reading(source, place), *made, *_replanning(config, place)]


def _reading(source: Path, place: Place) -> list[Statement]:
    if not is_remote(source):
        return []
    named = _parameter(place, parse_address(source).name)
    return [_statement("ForesailConfig", remote.IAM_READ, named)]


def _notifying(config: Config, place: Place) -> list[Statement]:
    if config.notify is None:
        return []
    topics = config.notify.topics
    made = [_statement("ForesailNotices", notify.IAM_WRITE, *topics)] if topics else []
    if is_remote(config.notify.webhook or ""):
        named = _parameter(place, parse_address(str(config.notify.webhook)).name)
        made.append(_statement("ForesailWebhook", notify.IAM_READ, named))
    return made


def _monitoring(config: Config, place: Place) -> list[Statement]:
    if config.monitoring is None or config.monitoring.log_group is None:
        return []
    group = place.arn(f"logs:{{region}}:*:log-group:{config.monitoring.log_group}")
    stream = f"{group}:log-stream:{emf.STREAMS}*"
    return [_statement("ForesailHealth", emf.IAM_WRITE, group, stream)]


def _cloudwatch(places: Sequence[Place], *, detecting: bool) -> list[Statement]:
    alarm = [place.arn(f"cloudwatch:{{region}}:*:alarm:{OWNED}*") for place in places]
    dashboard = places[0].arn(f"cloudwatch::*:dashboard/{OWNED}*")
    namespace = {"StringEquals": {"cloudwatch:namespace": NAMESPACE}}
    looked = (*alarms.IAM_READ, *(detectors.IAM_READ if detecting else ()))
    made = [
        _statement("ForesailMetrics", metrics.IAM_WRITE, "*", Condition=namespace),
        _statement("ForesailListed", looked, "*"),
        _statement("ForesailAlarms", alarms.IAM_WRITE, *alarm),
        _statement("ForesailDashboards", (*dashboards.IAM_READ, *dashboards.IAM_WRITE), dashboard),
    ]
    # No detector has a name that a policy could tell apart.
    own = [_statement("ForesailDetectors", detectors.IAM_WRITE, "*")] if detecting else []
    return [*made, *own]


def _replanning(config: Config, place: Place) -> list[Statement]:
    if config.events is None or config.events.replan is None:
        return []
    names = {f"rule/{rules.ON_ALARM}*", *_bus_rule(config.events.bus)}
    arns = [place.arn(f"events:{{region}}:*:{name}") for name in sorted(names)]
    made = [_statement("ForesailReplan", (*rules.IAM_READ, *rules.IAM_WRITE), *arns)]
    role = config.events.replan.role
    if role is None:
        return made
    passed = {"StringEquals": {"iam:PassedToService": "events.amazonaws.com"}}
    return [*made, _statement("ForesailReplanRole", (rules.IAM_ROLE,), role, Condition=passed)]


def _bus_rule(bus: str) -> list[str]:
    """Rules of another bus than the account's own have its name in theirs."""
    return [] if bus == rules.ALARM_BUS else [f"rule/{bus}/{rules.ON_EVENTS}"]


def _parameter(place: Place, name: str) -> str:
    return place.arn(f"ssm:{{region}}:*:parameter{name}")


def _statement(name: str, actions: Sequence[str], *resources: str, **rest: Any) -> Statement:
    listed: Any = resources[0] if len(resources) == 1 else list(resources)
    return {"Sid": name, "Effect": "Allow", "Action": sorted(actions), "Resource": listed, **rest}
