"""Services that failed while others went on: what each failed of, and the cure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass
from functools import partial
from typing import Any, TypeVar, cast

from foresail.errors import ForesailError, InputError
from foresail.threads import side_by_side

T = TypeVar("T")
OWN_FAULT = "this is a fault of foresail, not of yours; report it with this line"


@dataclass(frozen=True, slots=True)
class ServiceFailure:
    """A service that could not be done, and why; the others were."""

    service: str
    message: str
    cure: str = ""

    def to_json(self) -> dict[str, str]:
        """Plain values for plan files and ``--json``."""
        return asdict(self)

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> ServiceFailure:
        """Read what `to_json` wrote."""
        return cls(data["service"], data["message"], data["cure"])

    def __str__(self) -> str:
        return f"{self.service}: {self.message}" + (f"\n  -> {self.cure}" if self.cure else "")


def failure_of(service: str, error: Exception) -> ServiceFailure:
    """Say in words what a service failed of; an error that nobody foresaw is named by its type."""
    if isinstance(error, ForesailError):
        return ServiceFailure(service, error.message, error.cure or "")
    return ServiceFailure(service, f"{type(error).__name__}: {error}", OWN_FAULT)


def each_service(
    names: Iterable[str], work: Callable[[str], T]
) -> tuple[dict[str, T], tuple[ServiceFailure, ...]]:
    """Do something for each service; one that fails does not stop the others.

    Raises
    ------
    Exception
        As `check_any`, when all of them failed.
    """
    done, errors = attempts({name: partial(work, name) for name in names})
    check_any(done, errors)
    return done, failures_of(errors)


def failures_of(errors: Mapping[str, Exception]) -> tuple[ServiceFailure, ...]:
    """Say in words what each of some services failed of."""
    return tuple(failure_of(name, error) for name, error in errors.items())


def attempts(
    jobs: Mapping[str, Callable[[], T]], most: int = 1
) -> tuple[dict[str, T], dict[str, Exception]]:
    """Do every job, at most so many at a time.

    Returns
    -------
    tuple of dict
        Results of the jobs that could be done, and the errors of the others.
    """
    done: dict[str, T] = {}
    errors: dict[str, Exception] = {}

    def attempt(job: Callable[[], T]) -> tuple[T, None] | tuple[None, Exception]:
        try:
            return job(), None
        except Exception as error:  # noqa: BLE001 - whatever it is, the others go on; it is told
            return None, error

    results = (
        map(attempt, jobs.values()) if most == 1 else side_by_side(attempt, jobs.values(), most)
    )
    for name, (result, error) in zip(jobs, results, strict=True):
        if error is None:
            done[name] = cast(T, result)
        else:
            errors[name] = error
    return done, errors


def check_any(done: Iterable[str], errors: Mapping[str, Exception]) -> None:
    """Raise when nothing at all could be done: the error itself where all have the same.

    Raises
    ------
    Exception
        The first error, when it is the only one or says the same as all others.
    InputError
        Naming three of the services otherwise.
    """
    if not errors or any(True for _ in done):
        return
    said = {name: failure_of(name, error) for name, error in errors.items()}
    if len({(one.message, one.cure) for one in said.values()}) == 1:
        raise next(iter(errors.values()))
    some = "; ".join(f"{name}: {one.message}" for name, one in list(said.items())[:3])
    more = f"; and {len(said) - 3} more" if len(said) > 3 else ""
    cures = dict.fromkeys(one.cure for one in list(said.values())[:3] if one.cure)
    raise InputError(f"all {len(said)} services failed: {some}{more}", cure="; ".join(cures))
