"""The graph of tiers: who needs whom, in which order, and how deep below the edge."""

from __future__ import annotations

import difflib
from collections.abc import Mapping, Sequence
from graphlib import CycleError, TopologicalSorter

from foresail.errors import ConfigError

Needs = Mapping[str, Sequence[str]]


def check_needs(needs: Needs) -> None:
    """Refuse a tier that needs itself, through others too, one twice, or one that is not there.

    Parameters
    ----------
    needs
        For each tier the tiers that it calls.

    Raises
    ------
    ConfigError
        Naming the cycle, the tier that is needed twice, or the nearest name that exists.
    """
    for tier, needed in needs.items():
        for name in needed:
            if list(needed).count(name) > 1:
                raise ConfigError(
                    f"{tier} needs {name!r} twice", cure="write all that it needs of it as one"
                )
            if name not in needs:
                raise ConfigError(
                    f"{tier} needs {name!r}, which is no tier", cure=_near(name, needs)
                )
    top_down(needs)


def _near(name: str, needs: Needs) -> str:
    close = difflib.get_close_matches(name, needs, n=1)
    return f"did you mean {close[0]!r}?" if close else f"tiers of the service: {', '.join(needs)}"


def top_down(needs: Needs) -> list[str]:
    """Tiers from the edge to the bottom: each comes before all that it needs.

    Raises
    ------
    ConfigError
        When tiers need each other in a circle.
    """
    return bottom_up(needs)[::-1]


def bottom_up(needs: Needs) -> list[str]:
    """Tiers from the bottom to the edge: each comes after all that it needs.

    Raises
    ------
    ConfigError
        When tiers need each other in a circle.
    """
    try:
        return list(TopologicalSorter(needs).static_order())
    except CycleError as error:
        circle = " -> ".join(reversed(error.args[1]))
        raise ConfigError(
            f"tiers need each other in a circle: {circle}",
            cure="take the need out that is a callback; demand flows from the edge down",
        ) from error


def depths(needs: Needs) -> dict[str, int]:
    """How many tiers stand above each one at most; 0 at the edge."""
    found = dict.fromkeys(needs, 0)
    for tier in top_down(needs):
        for name in needs[tier]:
            found[name] = max(found[name], found[tier] + 1)
    return found


def dependents(needs: Needs, tier: str) -> list[str]:
    """Tiers that need a tier, directly or through others, nearest first."""
    found: list[str] = []
    for name in bottom_up(needs):
        if any(needed == tier or needed in found for needed in needs[name]):
            found.append(name)
    return found
