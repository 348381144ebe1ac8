"""Die at a chosen call to AWS: before it is sent, or after AWS has done it."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from foresail import operations

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
GROUP = "web"
FLOOR = 2


class Killed(BaseException):
    """The process died here."""


def kill_at(clients, number, moment, run):
    """Run something and die at its n-th call."""
    seen = iter(range(10_000))

    def die(**_):
        if next(seen) == number:
            raise Killed

    for client in clients:
        client.meta.events.register(f"{moment}-call", die, unique_id="kill")
    try:
        with pytest.raises(Killed):
            run()
    finally:
        for client in clients:
            client.meta.events.unregister(f"{moment}-call", unique_id="kill")


def places_to_die(clients, run):
    """Run something undisturbed; give the numbers of the calls that are worth dying at.

    These are all writes and the last call, a read-back. A read changes nothing: who dies at
    another one leaves what who dies at the write before or after it leaves.
    """
    names = []

    def note(model, **_):
        names.append(model.name)

    for client in clients:
        client.meta.events.register("before-call", note, unique_id="note")
    run()
    for client in clients:
        client.meta.events.unregister("before-call", unique_id="note")
    writes = [n for n, name in enumerate(names) if not name.startswith("Describe")]
    assert len(writes) >= 2
    assert writes[-1] < len(names) - 1
    return [*writes, len(names) - 1]


class Operator:
    """What an operator does with a configuration and a plan; a job sets both up."""

    def apply(self):
        operations.apply_all(self.config, self.plan, None, lambda: NOW)

    def rollback(self):
        steps = operations.rollback_plan(self.config, None, NOW)
        operations.rollback_all(self.config, None, steps, lambda: NOW)
