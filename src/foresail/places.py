"""From a service's account and region in foresail.yaml to the access that reaches them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, TypeVar

from foresail.credentials import Role
from foresail.errors import AwsError, ForesailError

if TYPE_CHECKING:
    from foresail.aws import Aws
    from foresail.config import AccountConfig, Config, ServiceConfig


T = TypeVar("T")


def aws_of(aws: Aws, service: ServiceConfig) -> Aws:
    """Speak to AWS where a service is; to the same clients each time.

    Parameters
    ----------
    aws
        Access as the configuration has it, or as this function gave it before.
    service
        Its region and account count, as far as it names them.
    """
    if service.region is None and service.account is None:
        return aws
    role = None if service.account is None else role_of(service.account)
    return aws.at(service.region, role)


def role_of(account: AccountConfig) -> Role:
    """Role to take on in an account."""
    secret = account.external_id
    told = None if secret is None else secret.get_secret_value()
    return Role(account.role_arn, told, account.session_name)


def by_place(config: Config, aws: Aws, service: str | None = None) -> list[tuple[Config, Aws]]:
    """Divide a configuration by account and region, in the order in which services name them.

    Parameters
    ----------
    config, aws
        The whole configuration, and access as it has it.
    service
        Only this service.

    Returns
    -------
    list
        For each place a configuration of the services there, with its region, and the access.

    Raises
    ------
    InputError
        No service has that name.
    """
    if service is not None:
        config.service(service)
    places: dict[str, list[ServiceConfig]] = {}
    for one in config.services:
        if service in (None, one.name):
            places.setdefault(config.place_of(one), []).append(one)
    return [_local(config, aws, group) for group in places.values()]


def _local(config: Config, aws: Aws, group: Sequence[ServiceConfig]) -> tuple[Config, Aws]:
    region = group[0].region or config.region
    # Scheduler's role and queue are of the configuration's own place.
    scheduler = config.scheduler if config.place_of(group[0]) == config.region else None
    there = {"region": region, "services": tuple(group), "scheduler": scheduler}
    return config.model_copy(update=there), aws_of(aws, group[0])


def at_each_place(
    config: Config, aws: Aws, service: str | None, do: Callable[[Config, Aws], Sequence[T]]
) -> list[T]:
    """Do something at every place; one that fails does not stop the others.

    Raises
    ------
    ForesailError
        What failed, once the others are done; of several, an AwsError that tells each.
    """
    done: list[T] = []
    failed: dict[str, ForesailError] = {}
    for there, access in by_place(config, aws, service):
        try:
            done += do(there, access)
        except ForesailError as error:
            failed[config.place_of(there.services[0])] = error
    if len(failed) == 1:
        raise next(iter(failed.values()))
    if failed:
        told = "; ".join(f"{place}: {error.message}" for place, error in failed.items())
        cures = dict.fromkeys(error.cure for error in failed.values() if error.cure)
        raise AwsError(told, cure="; ".join(cures))
    return done
