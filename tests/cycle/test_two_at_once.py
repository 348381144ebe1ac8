"""Two runs on one service, and runs that die: writes never interleave, and all ends well."""

import json
import os
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest

from cycle.conftest import FREE, NOW
from faults.killing import Killed
from foresail.cycle import plan_and_apply
from foresail.cycle.overriding import write_overrides
from foresail.operations import leasing, status_of
from foresail.operations.deciding import Asked, decide_override
from foresail.store.leases import LeaseHeld

WRITES = ("PutScheduledUpdateGroupAction", "BatchPutScheduledUpdateGroupAction",
          "BatchDeleteScheduledAction", "DeleteScheduledAction")  # fmt: skip


def watched(client, log):
    """Note each call of a client with the thread that made it."""

    def note(model, **_):
        log.append((threading.get_ident(), model.name))

    client.meta.events.register("before-call", note, unique_id="watch")


def test_of_two_threads_one_writes_and_the_other_leaves_it_to_it(operator):
    operator.service = {"approval": FREE}
    config, aws = operator.config, operator.aws
    log = []
    watched(aws.client("autoscaling"), log)
    start = threading.Barrier(2)

    def run(_):
        start.wait()
        return plan_and_apply(config, aws, lambda: NOW, service="shop")[0]

    with ThreadPoolExecutor(2) as pool:
        done = sorted(one.state for one in pool.map(run, range(2)))
    # Who comes when the other has ended plans for itself, and finds nothing to do.
    assert done in (["applied", "held"], ["applied", "unchanged"])
    writers = [thread for thread, name in log if name in WRITES]
    assert len(set(writers)) == 1
    runs = operator.store.journal.runs("us-east-1", "ec2-auto-scaling-group", "web")
    assert [one.state for one in runs] == ["done"]


PROCESS = """
import json, sys
from datetime import datetime
from foresail.aws import Aws
from foresail.config import parse_config
from foresail.cycle import plan_and_apply
data, now = json.loads(sys.argv[1]), datetime.fromisoformat(sys.argv[2])
print("ready", flush=True)
sys.stdin.readline()
done = plan_and_apply(parse_config(data, source="t"), Aws("us-east-1"), lambda: now, service="shop")
print(done[0].state)
"""


def test_of_two_processes_one_writes(operator):
    operator.service = {"approval": FREE}
    data = json.dumps(operator.config.model_dump(mode="json", exclude_unset=True))
    words = [sys.executable, "-c", PROCESS, data, NOW.isoformat()]
    env = {**os.environ, "AWS_ENDPOINT_URL": operator.sandbox.endpoint_url}
    both = [
        subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=env)
        for _ in range(2)
    ]
    for one in both:
        assert one.stdout.readline() == "ready\n"
    for one in both:
        one.stdin.write("\n")
        one.stdin.flush()
    done = sorted(one.communicate(timeout=120)[0].strip() for one in both)
    assert done in (["applied", "held"], ["applied", "unchanged"])
    runs = operator.store.journal.runs("us-east-1", "ec2-auto-scaling-group", "web")
    assert [one.state for one in runs] == ["done"]


def test_who_lost_the_lease_writes_nothing_more(operator):
    """A run stops for a long time before its first write; another takes over meanwhile."""
    operator.service = {"approval": FREE}
    taken = []

    def sleep_long(text):
        if "phase 1" in text and not taken:
            operator.later(minutes=16)
            taken.append(operator.store.leases.acquire("service/shop", "b", timedelta(hours=1)))

    [done] = operator.run(on=sleep_long)
    assert done.state == "failed"
    assert "lost to another run" in done.reasons[0]
    assert operator.written() == []


def kill_at(client, number, moment, run):
    """Die at the n-th call; as when a process dies, no lease is given back."""
    seen = iter(range(10_000))

    def die(**_):
        if next(seen) == number:
            raise Killed

    client.meta.events.register(f"{moment}-call", die, unique_id="kill")
    try:
        with pytest.raises(Killed):
            run()
    finally:
        client.meta.events.unregister(f"{moment}-call", unique_id="kill")


def calls_of(client, run):
    names = []
    client.meta.events.register(
        "before-call", lambda model, **_: names.append(model.name), unique_id="count"
    )
    run()
    client.meta.events.unregister("before-call", unique_id="count")
    return names


def afresh(operator, folder):
    """Begin again: no store, no actions of foresail's, an override to be written."""
    operator.folder, operator.now = folder, NOW
    client = operator.sandbox.client("autoscaling")
    for name in operator.written():
        client.delete_scheduled_action(AutoScalingGroupName="web", ScheduledActionName=name)
    start, end = NOW + timedelta(hours=2), NOW + timedelta(hours=6)
    asked = Asked(40, None, start, end, "launch", "ann")
    decide_override(operator.config, operator.aws, operator.store, "shop/web", asked, NOW)


def test_killed_at_any_call_it_is_made_good_once_its_lease_has_ended(
    operator, monkeypatch, tmp_path
):
    monkeypatch.setattr(leasing.Fence, "end", lambda self: None)  # who is dead gives nothing back
    client = operator.aws.client("autoscaling")
    work = lambda: write_overrides(operator.work, "shop")  # noqa: E731
    afresh(operator, tmp_path / "undisturbed")
    names = calls_of(client, work)
    assert any(name in WRITES for name in names)
    for number in range(len(names)):
        for moment in ("before", "after"):
            afresh(operator, tmp_path / f"{number}-{moment}")
            kill_at(client, number, moment, work)
            with pytest.raises(LeaseHeld):
                work()
            operator.later(minutes=16)
            assert work().state in ("applied", "unchanged")
            floor = operator.floor()
            assert floor.lowest(NOW + timedelta(hours=2), NOW + timedelta(hours=6)) == 40
            assert floor.at(NOW + timedelta(hours=7)) == 2


def test_a_run_killed_at_its_first_write_is_made_good_by_the_next(operator, monkeypatch):
    operator.service = {"approval": FREE}
    client = operator.aws.client("autoscaling")
    with monkeypatch.context() as dead:
        dead.setattr(leasing.Fence, "end", lambda self: None)
        seen = []

        def die(model, **_):
            if model.name in WRITES and not seen:
                seen.append(model.name)
                raise Killed

        client.meta.events.register("after-call", die, unique_id="kill")
        with pytest.raises(Killed):
            operator.run()
        client.meta.events.unregister("after-call", unique_id="kill")
        assert seen
        assert [one.state for one in operator.run()] == ["held"]
    operator.later(minutes=16)
    assert [one.state for one in operator.run()] == ["applied"]
    [status] = status_of(operator.config, operator.aws, operator.now, "shop")
    assert (status.drift.pending, status.run.state) == ((), "done")
