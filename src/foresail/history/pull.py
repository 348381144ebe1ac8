"""Pull CloudWatch history: batched GetMetricData, only what the store does not have yet."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

import pandas as pd

from foresail.errors import AwsError, InputError
from foresail.history.answers import Answers, Span, ask
from foresail.history.metrics import MetricQuery
from foresail.history.pending import NOTHING, Memory, Pending, Store
from foresail.history.retention import align, most_queries, reachable, windows
from foresail.threads import side_by_side

LAG = timedelta(minutes=2)  # a period that closed just now is not complete yet
REREAD = timedelta(hours=3)  # values younger than this may change, so they are read again
_KEEP_EVERY = 16  # calls
Progress = Callable[[int, int], None]
Owner = tuple[Collection[MetricQuery], Collection[MetricQuery]]


def last_closed(now: datetime, period: timedelta, lag: timedelta = LAG) -> datetime:
    """End of the last period that is over and whose data has arrived: ``floor(now - lag)``."""
    return align(now - lag, period)


def pull(
    client: Any,
    queries: Sequence[MetricQuery],
    start: datetime,
    end: datetime,
    period: timedelta,
    *,
    now: datetime,
    store: Store | None = None,
    required: bool | Collection[str] = True,
    lag: timedelta = LAG,
    reread: timedelta = REREAD,
    progress: Progress | None = None,
) -> pd.DataFrame:
    """Read metrics as a tidy history; missing stays missing, the open period is left out.

    Parameters
    ----------
    client
        boto3 ``cloudwatch`` client.
    queries
        Metrics to read; each `series` names one.
    start, end
        Aware times; rounded down to the period. The period that holds `end` is left out.
    period
        Length of a period.
    now
        Aware time of asking; a period is left out until `lag` after it is over.
    store
        Keeps what was read; only what it lacks is asked for.
    required
        Raise when a metric has no data at all: any metric, none, or those of the series named.
    lag
        How long CloudWatch takes to complete a period.
    reread
        Values that were younger than this when read are read again by the next pull.
    progress
        Told (calls made, calls in all) after each call.

    Returns
    -------
    DataFrame
        series, timestamp (UTC, start of the period), value; sorted by time within each series, in
        the order of `queries`. Units as CloudWatch has them: a Sum is per period.

    Raises
    ------
    InputError
        A required metric has no data, the period is not kept that long, a time is naive, two
        metrics share a name, or the store cannot be used.
    AwsError
        Credentials, permission, or AWS failed to answer.
    """
    _check(queries, start, end, now)
    span = (align(start, period), min(align(end, period), last_closed(now, period, lag)))
    pending = Pending(store or Memory(), period, now - reread)
    lacking = _lacking(pending.store, queries, period, span, now)
    calls = _Calls(client, period, list(_batches(lacking, period)))
    try:
        for window, answers in calls.made(1, progress):
            pending.add(window, _all_known(answers))
            calls.keep_some(pending)
    except BaseException:
        pending.flush()
        raise
    named = {q.series for q in queries} if required is True else set(required or ())
    silent = [q for q in queries if q.series in named and not pending.has(q, span)]
    if silent:  # told before anything is kept: a wrong name may mean a wrong account, too
        raise silence(silent[0], span, client.meta.region_name)
    pending.flush()
    return _frame({query: pending.read(query, span) for query in queries})


def pull_each(
    client: Any,
    queries: Sequence[MetricQuery],
    start: datetime,
    end: datetime,
    period: timedelta,
    *,
    now: datetime,
    store: Store | None = None,
    lag: timedelta = LAG,
    reread: timedelta = REREAD,
    owners: Collection[Owner] = (),
    concurrency: int = 1,
    progress: Progress | None = None,
) -> Answers:
    """Read metrics of many owners in shared calls; one that fails does not stop the others.

    Parameters
    ----------
    client, queries, start, end, period, now, store, lag, reread, progress
        As `pull` takes them; series may share names.
    owners
        Metrics of each owner, and those that it cannot do without: where one of these has no
        data, the name of an account may be wrong, and nothing of that owner is kept.
    concurrency
        Most calls at a time.

    Returns
    -------
    dict
        Each metric's values by UTC timestamp, or its error; without data it is empty. When a
        call fails as a whole, all metrics that were still to be asked for have its error.

    Raises
    ------
    InputError
        The period is not kept that long, a time is naive, or the store cannot be used.
    """
    _check([], start, end, now)
    span = (align(start, period), min(align(end, period), last_closed(now, period, lag)))
    pending = Pending(store or Memory(), period, now - reread)
    errors: dict[MetricQuery, InputError] = {}
    lacking = _lacking(pending.store, queries, period, span, now, errors)
    calls = _Calls(client, period, list(_batches(lacking, period)))
    try:
        for window, answers in calls.made(concurrency, progress):
            known, unknown = _divided(answers)
            errors |= unknown
            pending.add(window, {q: one for q, one in known.items() if q not in errors})
            calls.keep_some(pending)
        asked = {query for _, needed in owners for query in needed if query not in errors}
        there = {query for query in asked if pending.has(query, span)}
        pending.drop(_useless(owners, there))
    except AwsError as error:
        errors |= dict.fromkeys(calls.unanswered(), error)
    finally:
        pending.flush()
    return {q: errors[q] if q in errors else pending.read(q, span) for q in queries}


def _useless(owners: Collection[Owner], known: Collection[MetricQuery]) -> set[MetricQuery]:
    """List metrics that no owner can use: each lacks another that it cannot do without."""
    kept: set[MetricQuery] = set()
    lost: set[MetricQuery] = set()
    for metrics, needed in owners:
        (kept if all(one in known for one in needed) else lost).update(metrics)
    return lost - kept


class _Calls:
    """Calls to make: which metrics over which window."""

    def __init__(
        self, client: Any, period: timedelta, todo: list[tuple[list[MetricQuery], Span]]
    ) -> None:
        self.client = client
        self.period = period
        self.todo = todo
        self.done = 0

    def made(self, concurrency: int, progress: Progress | None) -> Iterator[tuple[Span, Answers]]:
        """Make the calls; gives the window and the answers of each, in order."""
        found = side_by_side(
            lambda one: ask(self.client, *one, self.period), self.todo, concurrency
        )
        for (_, window), answers in zip(self.todo, found, strict=True):
            yield window, answers
            self.done += 1
            if progress:
                progress(self.done, len(self.todo))

    def keep_some(self, pending: Pending) -> None:
        """Write what was read now and then: a killed run loses no more than so many calls."""
        if (self.done + 1) % _KEEP_EVERY == 0:
            pending.flush()

    def unanswered(self) -> set[MetricQuery]:
        """Metrics that something is still to be asked of."""
        return {query for batch, _ in self.todo[self.done :] for query in batch}


def _all_known(answers: Answers) -> dict[MetricQuery, pd.Series]:
    known, unknown = _divided(answers)
    for error in unknown.values():
        raise error
    return known


def _divided(
    answers: Answers,
) -> tuple[dict[MetricQuery, pd.Series], dict[MetricQuery, InputError]]:
    known: dict[MetricQuery, pd.Series] = {}
    unknown: dict[MetricQuery, InputError] = {}
    for query, one in answers.items():
        if isinstance(one, InputError):
            unknown[query] = one
        else:
            known[query] = one
    return known, unknown


def _check(queries: Sequence[MetricQuery], *times: datetime) -> None:
    for moment in times:
        if moment.tzinfo is None:
            raise InputError(
                f"time {moment.isoformat()} has no time zone", cure="give aware times, in UTC best"
            )
    names = Counter(query.series for query in queries)
    twins = [query for query in queries if names[query.series] > 1]
    if twins:
        raise InputError(
            f"two metrics are both named {twins[0].series!r}: {twins[0]} and {twins[1]}",
            cure="give each metric a name of its own",
        )


def _lacking(
    store: Store,
    queries: Sequence[MetricQuery],
    period: timedelta,
    span: Span,
    now: datetime,
    errors: dict[MetricQuery, InputError] | None = None,
) -> dict[Span, list[MetricQuery]]:
    """Group queries by the span that they lack; `errors`, where given, takes a store's."""
    lacking: dict[Span, list[MetricQuery]] = defaultdict(list)
    for query in queries:
        try:
            missing = store.missing(query, period, span)
        except InputError as error:
            if errors is None:
                raise
            errors[query] = error
            continue
        for start, end in missing:
            lacking[reachable(start, period, now), end].append(query)
    return lacking


def _batches(
    lacking: Mapping[Span, list[MetricQuery]], period: timedelta
) -> Iterator[tuple[list[MetricQuery], Span]]:
    """Group queries that lack the same span into calls."""
    for gap, group in lacking.items():
        most = most_queries(*gap, period)
        for at in range(0, len(group), most):
            batch = group[at : at + most]
            for window in windows(*gap, period, len(batch)):
                yield batch, window


def silence(query: MetricQuery, span: Span, region: str) -> InputError:
    """Say that a metric has no data, and what the cause may be."""
    return InputError(
        f"no data for {query} in {region} "
        f"between {span[0]:%Y-%m-%d %H:%MZ} and {span[1]:%Y-%m-%d %H:%MZ}",
        cure=_cure_of_silence(query),
    )


def _cure_of_silence(query: MetricQuery) -> str:
    if query.namespace == "AWS/AutoScaling":  # groups send these only when told to
        name = dict(query.dimensions).get("AutoScalingGroupName", "NAME")
        return (
            "switch the group's metrics on, and wait for two days of them: aws autoscaling "
            f"enable-metrics-collection --granularity 1Minute --auto-scaling-group-name {name}"
        )
    return (
        "check namespace, metric, dimensions (all of them, exactly) and region in "
        "foresail.yaml: aws cloudwatch list-metrics shows what sent data these two weeks"
    )


def _frame(found: Mapping[MetricQuery, pd.Series]) -> pd.DataFrame:
    parts = [
        values.reset_index().assign(series=query.series)[["series", "timestamp", "value"]]
        for query, values in found.items()
    ]
    empty = NOTHING.reset_index().assign(series="")[["series", "timestamp", "value"]]
    filled = [part for part in parts if len(part)] or [empty]
    return pd.concat(filled, ignore_index=True).astype({"series": "str"})
