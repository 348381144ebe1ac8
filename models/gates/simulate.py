"""Simulated hourly demand of many kinds, to learn the gates on; no measured demand is in it.

Each series is a product or sum of plain parts (level, shifts, walk, trend, day, week, noise,
bursts, on/off load, outage, saturation, counting), drawn so that the kinds seen in operations all
occur: seasonal traffic, flat utilisation with rare shifts, bursty and intermittent load.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Rng = np.random.Generator

HOURS = 26 * 24
PAST, FUTURE = 14 * 24, 48
KINDS = {
    "season": 0.27,
    "shift": 0.16,
    "flat": 0.14,
    "burst": 0.13,
    "mixed": 0.18,
    "switch": 0.06,
    "walk": 0.06,
}


@dataclass(frozen=True)
class Series:
    """Values by the hour; `start` is the hour of the week at which they begin."""

    values: Floats
    start: int


@dataclass(frozen=True)
class Sample:
    """Windows of simulated series: history, what came, and which series each is of.

    Shapes: past (windows, 336) with NaN before the start, future (windows, 48), hour and weekday
    of the origin (windows,), group (windows,).
    """

    past: Floats
    future: Floats
    hour: NDArray[np.int64]
    weekday: NDArray[np.int64]
    group: NDArray[np.int64]


def sample(count: int, windows: int, seed: int) -> Sample:
    """Draw series and cut windows at random origins from each."""
    rng = np.random.default_rng(seed)
    rows: list[tuple[Floats, Floats, int]] = []
    while len(rows) < count * windows:
        series = draw(rng)
        if series.values.std() > 1e-6 * series.values.mean() > 0:
            rows += _cut(rng, series, windows)
    past, future, origins = zip(*rows, strict=True)
    week_hour = np.array(origins)
    return Sample(
        np.array(past),
        np.array(future),
        week_hour % 24,
        week_hour // 24 % 7,
        np.repeat(np.arange(count), windows),
    )


def _cut(rng: Rng, series: Series, windows: int) -> list[tuple[Floats, Floats, int]]:
    """Histories of 8 to 14 days, in a unit of any size."""
    days = int(rng.choice([14, 14, 14, 8, 9, 10, 12]))
    unit = 10 ** rng.uniform(-2, 6) / series.values.mean()
    origins = np.sort(rng.choice(np.arange(8 * 24, HOURS - FUTURE), windows, replace=False))
    cut = []
    for origin in origins:
        known = series.values[max(0, origin - 24 * days) : origin][-PAST:]
        past = np.full(PAST, np.nan)
        past[PAST - len(known) :] = known
        future = series.values[origin : origin + FUTURE]
        cut.append((past * unit, future * unit, int(series.start + origin)))
    return cut


def draw(rng: Rng) -> Series:
    """Draw one series."""
    kind = str(rng.choice(list(KINDS), p=list(KINDS.values())))
    start = int(rng.integers(0, 168))
    hours = start + np.arange(HOURS)
    values = _level(rng, kind) * (_season(rng, kind, hours) + _idle(rng))
    values = _noise(rng, kind, values)
    if kind in ("burst", "mixed") or rng.random() < 0.25:
        values = values + values.mean() * _bursts(rng, kind, hours)
    if kind == "switch":
        values = values * _switching(rng)
    return Series(np.maximum(_measure(rng, _disturb(rng, values)), 0.0), start)


def _season(rng: Rng, kind: str, hours: NDArray[np.int64]) -> Floats:
    """Day of random shape, weekend, busier and calmer days."""
    amplitude = {
        "season": rng.uniform(0.2, 1.0),
        "shift": rng.choice([0.0, rng.uniform(0.0, 0.1)]),
        "burst": rng.choice([0.0, rng.uniform(0.0, 0.5)]),
        "mixed": rng.uniform(0.0, 0.6),
        "switch": 0.0,
        "flat": rng.choice([0.0, rng.uniform(0.0, 0.02)]),
        "walk": rng.uniform(0.0, 0.2),
    }[kind]
    wave = amplitude * _shape(rng)[hours % 24]
    day = np.exp(wave) if rng.random() < 0.6 else np.maximum(1 + 0.7 * wave, 0.02)
    if kind == "flat":
        return np.asarray(day)
    weekday = hours // 24 % 7
    weekend = rng.choice([1.0, rng.uniform(0.3, 1.1)], p=[0.35, 0.65])
    week = np.where(weekday >= 5, weekend, 1.0)
    week = week * np.exp(rng.normal(0, rng.choice([0.0, 0.05, 0.1]), 7))[weekday]
    each = np.exp(rng.normal(0, rng.choice([0.0, 0.05, 0.15]), HOURS // 24 + 2))
    return np.asarray(day * week * np.repeat(each, 24)[rng.integers(0, 24) :][:HOURS])


def _shape(rng: Rng) -> Floats:
    """Random smooth or jagged day of unit variance."""
    turn = np.arange(24) / 24 * 2 * np.pi
    terms, rough = int(rng.integers(1, 7)), rng.uniform(0.7, 2.0)
    parts = [
        rng.normal() * np.cos(k * turn + rng.uniform(0, 2 * np.pi)) / k**rough
        for k in range(1, terms + 1)
    ]
    shape = np.sum(parts, axis=0)
    return np.asarray((shape - shape.mean()) / (shape.std() + 1e-9))


def _idle(rng: Rng) -> float:
    """Load that is there without demand."""
    return float(rng.choice([0.0, rng.exponential(0.5), rng.exponential(3.0)]))


def _level(rng: Rng, kind: str) -> Floats:
    """Shifts, walk, trend, sawtooth."""
    level = np.ones(HOURS)
    if kind in ("shift", "mixed", "flat") or rng.random() < 0.12:
        for _ in range(rng.poisson({"shift": 2.0, "flat": 2.5}.get(kind, 0.8))):
            start = rng.integers(0, HOURS)
            length = rng.choice([HOURS, rng.integers(6, 24 * 5)])
            sizes = [0.03, 0.1, 0.3, 1.0] if kind == "flat" else [0.1, 0.3, 1.0]
            level[start : start + length] *= np.exp(rng.normal(0, rng.choice(sizes)))
    if kind == "walk" or (kind != "flat" and rng.random() < 0.25):
        level *= np.exp(np.clip(_walk(rng), -2, 2))
    if rng.random() < 0.15:
        level *= 1 + np.linspace(0, rng.uniform(-0.6, 1.0), HOURS)
    if rng.random() < 0.05:
        length = int(rng.integers(24 * 4, 24 * 12))
        tooth = (np.arange(HOURS) + rng.integers(0, length)) % length / length
        level *= 1 + rng.uniform(0.1, 0.4) * tooth
    return level


def _walk(rng: Rng) -> Floats:
    size = rng.choice([0.003, 0.01, 0.03])
    if rng.random() < 0.5:
        return np.asarray(np.cumsum(rng.normal(0, size, HOURS)))
    return _autoregressive(rng.normal(0, 2 * size, HOURS), float(rng.choice([0.97, 0.99])))


def _autoregressive(shocks: Floats, memory: float) -> Floats:
    values = np.zeros(len(shocks))
    for t in range(1, len(shocks)):
        values[t] = memory * values[t - 1] + shocks[t]
    return values


def _noise(rng: Rng, kind: str, values: Floats) -> Floats:
    sizes = [0.002, 0.004, 0.01, 0.03] if kind == "flat" else [0.004, 0.01, 0.03, 0.08, 0.2, 0.4]
    size = rng.choice(sizes)
    memory = float(rng.choice([0.0, 0.3, 0.6, 0.85]))
    heavy = rng.standard_t(4, HOURS) / 1.4
    shocks = rng.normal(0, 1, HOURS) if rng.random() < 0.6 else heavy
    noise = size * _autoregressive(shocks * np.sqrt(1 - memory**2), memory)
    if rng.random() < 0.6:
        return np.asarray(values * np.exp(noise - size**2 / 2))
    return np.asarray(np.maximum(values + values.mean() * noise, 0.0))


def _bursts(rng: Rng, kind: str, hours: NDArray[np.int64]) -> Floats:
    """Bursts at random, at certain hours, or on certain days; some decay."""
    rate = rng.choice([1 / 200, 1 / 60, 1 / 20, 1 / 8]) * (1.0 if kind == "burst" else 0.4)
    begin = rng.random(HOURS) < rate
    if rng.random() < 0.3:
        off = np.abs((hours % 24 - rng.integers(0, 24) + 12) % 24 - 12)
        begin &= off < rng.integers(2, 8)
    if rng.random() < 0.4:
        begin &= np.repeat(rng.random(HOURS // 24 + 2) < 0.4, 24)[:HOURS]
    sizes = np.exp(rng.normal(rng.uniform(-0.5, 2.0), rng.choice([0.2, 0.6, 1.2]), HOURS))
    if rng.random() < 0.3:
        sizes[:] = sizes[0]
    longest, decay = int(rng.choice([1, 1, 2, 4])), float(rng.choice([0.0, 0.5, 0.8]))
    load = np.zeros(HOURS + 16)
    for start in np.flatnonzero(begin):
        length = int(rng.integers(1, longest + 1)) + (6 if decay else 0)
        steps = np.arange(length)
        load[start + steps] += sizes[start] * (decay**steps if decay else 1.0)
    return load[:HOURS]


def _switching(rng: Rng) -> Floats:
    """On/off load: a two-state Markov chain."""
    high = rng.uniform(1.5, 20.0)
    begin, end = rng.choice([1 / 10, 1 / 30, 1 / 100]), rng.choice([1 / 4, 1 / 12, 1 / 48])
    factor, on = np.ones(HOURS), False
    for t in range(HOURS):
        on = rng.random() < (1 - end if on else begin)
        factor[t] = high if on else 1.0
    return factor


def _disturb(rng: Rng, values: Floats) -> Floats:
    """Outage; saturation."""
    values = values.copy()
    if rng.random() < 0.1:
        start = rng.integers(0, HOURS - 24)
        values[start : start + rng.integers(2, 14)] *= rng.choice([0.0, 0.3])
    if rng.random() < 0.06:
        values = np.minimum(values, np.quantile(values, rng.uniform(0.7, 0.97)))
    return values


def _measure(rng: Rng, values: Floats) -> Floats:
    """Count: whole numbers, some of them small."""
    size = rng.choice([0.0, 0.0, 3.0, 15.0, 80.0])
    mean = max(values.mean(), 1e-12)
    if size:
        return rng.poisson(np.clip(values / mean * size, 0, 1e6)).astype(np.float64)
    if rng.random() < 0.1:
        return np.asarray(np.round(values / mean * rng.choice([5.0, 20.0])))
    return values
