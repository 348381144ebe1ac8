"""Step Functions of the sandbox: machines run for real, in the sandbox's own time.

A machine's wait ends when the sandbox plays that minute, and each minute goes on only when every
running machine waits for a later one: what it does is seen by the fleets of that minute.
"""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from functools import cache
from types import SimpleNamespace
from typing import Any, ClassVar

from botocore import xform_name

from foresail.errors import ForesailError
from foresail.sandbox.modules import ACCOUNT, Module, Patch, World

PATIENCE = 20.0  # wall seconds that a minute waits for machines to come to rest
_BOTO = {"applicationautoscaling": "application-autoscaling", "elasticloadbalancingv2": "elbv2"}
_MANY = re.compile(r"\[\*|\[\?|\.\.|\.\*|\[-?\d*:")
_ACRONYM = re.compile(r"[A-Z]{2,}(?=[A-Z][a-z]|$)")


class StepFunctions(Module):
    """Runs state machines by moto's parser; tasks call this very sandbox."""

    services: ClassVar[frozenset[str]] = frozenset({"stepfunctions"})

    def __init__(self, world: World) -> None:
        super().__init__(world)
        self._moved = threading.Condition()
        self._now = world.clock.now
        self._parked: dict[int, datetime] = {}
        self._running: set[int] = set()

    def play(self, minute: datetime) -> None:
        """Let every machine go on until it waits for a later minute."""
        with self._moved:
            self._now = minute
            self._moved.notify_all()
            rested = self._moved.wait_for(lambda: self._at_rest(minute), timeout=PATIENCE)
        if not rested:
            raise ForesailError(
                f"a state machine did not come to rest within {PATIENCE:g} s",
                cure="look at its history: stepfunctions get-execution-history",
            )

    def _at_rest(self, minute: datetime) -> bool:
        resting = sum(until > minute for until in self._parked.values())
        return resting >= len(self._running)

    def methods(self) -> Iterator[Patch]:
        """Backend that runs machines, waits in the sandbox's time, tasks on this sandbox."""
        from moto.stepfunctions.parser.asl.component.common.retry import retrier_decl
        from moto.stepfunctions.parser.asl.component.common.string import string_expression
        from moto.stepfunctions.parser.asl.component.intrinsic.argument import argument
        from moto.stepfunctions.parser.asl.component.state.choice.comparison.operator.implementations import (  # noqa: E501
            numeric,
        )
        from moto.stepfunctions.parser.asl.component.state.exec.state_task.service import (
            state_task_service_aws_sdk as sdk,
        )
        from moto.stepfunctions.parser.asl.component.state.wait.wait_function import (
            timestamp,
            wait_function,
        )
        from moto.stepfunctions.parser.asl.eval import states
        from moto.stepfunctions.parser.backend.execution_worker import ExecutionWorker
        from moto.stepfunctions.parser.models import stepfunctions_parser_backends
        from moto.stepfunctions.responses import StepFunctionResponse

        start, logic = ExecutionWorker.start, ExecutionWorker._execution_logic
        backend: Any = property(lambda r: stepfunctions_parser_backends[ACCOUNT][r.region])

        def seconds(wait: Any, env: Any) -> float:
            wait.string.eval(env=env)
            until = wait._from_timestamp_string(timestamp=env.stack.pop())
            return float((until.replace(tzinfo=UTC) - self._now).total_seconds())

        yield StepFunctionResponse, "stepfunction_backend", backend
        for user in (argument, numeric, states, string_expression):
            yield user, "extract_json", _found
        yield timestamp.Timestamp, "_get_wait_seconds", seconds
        yield wait_function.WaitFunction, "_eval_body", self._waiting()
        yield retrier_decl, "time", SimpleNamespace(sleep=self._park)
        yield sdk.StateTaskServiceAwsSdk, "_eval_service_task", self._task()
        yield ExecutionWorker, "start", self._started(start)
        yield ExecutionWorker, "_execution_logic", self._counted(logic)

    def _waiting(self) -> Any:
        def wait(function: Any, env: Any) -> None:
            ahead = max(float(function._get_wait_seconds(env=env)), 0.0)
            self._park(ahead, env.is_running)

        return wait

    def _park(self, seconds: float, running: Callable[[], bool] = lambda: True) -> None:
        """Rest until a minute so far ahead is played, or the machine is stopped."""
        me = threading.get_ident()
        with self._moved:
            until = self._now + timedelta(seconds=seconds)
            self._parked[me] = until
            self._moved.notify_all()
            while self._now < until and running():
                self._moved.wait(timeout=0.05)
            del self._parked[me]

    def _started(self, start: Any) -> Any:
        def begin(worker: Any) -> None:
            with self._moved:
                self._running.add(id(worker))
            start(worker)

        return begin

    def _counted(self, logic: Any) -> Any:
        def run(worker: Any) -> None:
            try:
                logic(worker)
            finally:
                with self._moved:
                    self._running.discard(id(worker))
                    self._moved.notify_all()

        return run

    def _task(self) -> Any:
        def call(task: Any, env: Any, normalised_parameters: dict[str, Any], **_: Any) -> None:
            of = task.resource
            env.stack.append(self.call(of.api_name, of.api_action, normalised_parameters))

        return call

    def call(self, service: str, action: str, parameters: dict[str, Any]) -> Any:
        """Make the call of an AWS SDK integration, and name what comes back as it does."""
        client = self.world.client(_BOTO.get(service, service))
        operations = {name.lower(): name for name in client.meta.service_model.operation_names}
        operation = operations[action.lower()]
        shape = client.meta.service_model.operation_model(operation).input_shape
        members = {name.lower(): name for name in (shape.members if shape else ())}
        request = {members.get(k.lower(), k): v for k, v in parameters.items()}
        answer = getattr(client, xform_name(operation))(**request)
        answer.pop("ResponseMetadata", None)
        return json.loads(json.dumps(_renamed(answer), default=str))


def _renamed(value: Any) -> Any:
    """Names as the Java SDK has them: DBClusters is DbClusters."""
    if isinstance(value, dict):
        return {_renamed_key(key): _renamed(one) for key, one in value.items()}
    return [_renamed(one) for one in value] if isinstance(value, list) else value


def _renamed_key(key: str) -> str:
    name = _ACRONYM.sub(lambda found: found[0].capitalize(), key)
    return name[:1].upper() + name[1:]


def _found(path: str, data: Any) -> Any:
    """Value at a path that names one, list of all at one that may name many, as AWS has it.

    moto wraps what is below an index (``$.Services[0].RunningCount``) in a list, and gives a lone
    match of a filter bare.
    """
    from moto.stepfunctions.parser.asl.utils.json_path import NoSuchJsonPathError

    values = [match.value for match in _parsed(path).find(data)]
    if _MANY.search(path):
        return values
    if not values:
        raise NoSuchJsonPathError(json_path=path, data=data)
    return values[0]


@cache
def _parsed(path: str) -> Any:
    from jsonpath_ng.ext.parser import parse

    return parse(path)
