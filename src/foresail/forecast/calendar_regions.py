"""Public holidays of a country or one of its subdivisions, from the package holidays."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from datetime import date
from functools import lru_cache
from typing import TYPE_CHECKING

from foresail.errors import InputError

if TYPE_CHECKING:
    from holidays import HolidayBase

_SATURDAY, _SUNDAY = 5, 6
_NAMED_YEARS = range(2020, 2031)  # names are checked against these years


def check_region(code: str) -> str:
    """Give the code as it is written: ``us-ca`` is ``US-CA``.

    Raises
    ------
    InputError
        When the country or its subdivision is unknown; suggests the nearest.
    """
    country, _, part = code.strip().partition("-")
    country, part = country.upper(), part.strip()
    parts = _countries().get(country)
    if parts is None:
        raise InputError(f"unknown country {code!r}", cure=_suggest_country(code))
    if not part:
        return country
    written = {one.upper(): one for one in parts}
    if part.upper() not in written:
        raise InputError(
            f"unknown subdivision {part!r} of {country}", cure=_suggest_part(country, part, parts)
        )
    return f"{country}-{written[part.upper()]}"


@lru_cache(maxsize=1024)
def public_holidays(region: str, year: int) -> tuple[tuple[date, str], ...]:
    """Public holidays of a year with their English names (else the country's own), by date."""
    made = _holidays(region, [year])
    return tuple(sorted((day, _joined(name)) for day, name in made.items() if day.year == year))


@lru_cache(maxsize=128)
def rest_day(region: str) -> int:
    """Weekly day of rest, Monday is 0: Sunday where the weekend has one."""
    weekend = _holidays(region, []).weekend
    if _SUNDAY in weekend or not weekend:
        return _SUNDAY
    return _SATURDAY if region.partition("-")[0] in ("IL", "ISR") else min(weekend)


@lru_cache(maxsize=128)
def all_names(region: str) -> frozenset[str]:
    """Names that the holidays of a region have."""
    return frozenset(_joined(name) for name in _holidays(region, _NAMED_YEARS).values())


def _holidays(region: str, years: Iterable[int]) -> HolidayBase:
    import holidays

    country, _, part = region.partition("-")
    kind = type(holidays.country_holidays(country))
    # Without a language the package would follow the machine's locale.
    language = "en_US" if "en_US" in kind.supported_languages else kind.default_language
    return holidays.country_holidays(country, subdiv=part or None, years=years, language=language)


def _joined(name: str) -> str:
    return "; ".join(sorted(set(name.split("; "))))


@lru_cache(maxsize=1)
def _countries() -> dict[str, list[str]]:
    import holidays

    return dict(holidays.list_supported_countries(include_aliases=True))


@lru_cache(maxsize=1)
def _country_names() -> dict[str, str]:
    """Two-letter codes by lower-case name, ``united states``, and by themselves."""
    import holidays

    names = {}
    for module, (_, code, *_) in holidays.registry.COUNTRIES.items():
        names[module.replace("_", " ")] = code
        names[code.lower()] = code
    return names


def _suggest_country(code: str) -> str:
    names = _country_names()
    text = code.lower().replace("_", " ")
    close = [text] if text in names else difflib.get_close_matches(text, names, n=3, cutoff=0.5)
    codes = list(dict.fromkeys(names[one] for one in close))
    example = "use an ISO 3166 code, like US, DE or US-CA"
    return f"did you mean {' or '.join(codes)}? {example}" if codes else example


def _suggest_part(country: str, part: str, parts: list[str]) -> str:
    if not parts:
        return f"{country} has none here: write {country}"
    close = difflib.get_close_matches(part.upper(), parts, n=1, cutoff=0.5)
    hint = f"did you mean {country}-{close[0]}? " if close else ""
    return f"{hint}known: {', '.join(parts)}"
