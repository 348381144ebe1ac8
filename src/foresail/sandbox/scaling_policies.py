"""Scaling policies of Application Auto Scaling: predictive ones too, which moto refuses."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any, ClassVar
from uuid import NAMESPACE_OID, uuid5

from foresail.sandbox import forecaster
from foresail.sandbox.application_auto_scaling import ApplicationAutoScaling, named, page
from foresail.sandbox.cloudwatch import CloudWatch
from foresail.sandbox.modules import ACCOUNT, Module, Patch, World
from foresail.sandbox.predictive import load_of
from foresail.sandbox.scalable_targets import InvalidError, NotFoundError, ScalableTarget

_CONFIG = "PredictiveScalingPolicyConfiguration"
Params = dict[str, Any]


class ScalingPolicies(Module):
    """Policies need a registered target; predictive ones are kept and forecast here."""

    services: ClassVar[frozenset[str]] = frozenset({"applicationautoscaling"})

    def __init__(self, world: World, scaling: ApplicationAutoScaling, metrics: CloudWatch) -> None:
        super().__init__(world)
        self.scaling = scaling
        self.cloudwatch = metrics

    def methods(self) -> Iterator[Patch]:
        """Put, describe, delete and the forecast; moto keeps the other two kinds."""
        from moto.applicationautoscaling.responses import ApplicationAutoScalingResponse as Response
        from moto.applicationautoscaling.responses import _build_policy

        moto_put, moto_delete = Response.put_scaling_policy, Response.delete_scaling_policy

        def put(response: Any) -> str:
            params, target = self._asked(response)
            if params.get("PolicyType") != "PredictiveScaling":
                return str(moto_put(response))
            return json.dumps(self._put(target, params))

        def describe(response: Any) -> str:
            params = json.loads(response.body)
            ids = [params["ResourceId"]] if params.get("ResourceId") else None
            targets = self.scaling.targets[response.region].matching(params, ids)
            keys = {target.key for target in targets}
            kept = response.applicationautoscaling_backend.policies.values()
            rows = [_build_policy(p) for p in kept if _owner(p) in keys]
            rows += [row for target in targets for row in target.predictive.values()]
            wanted = params.get("PolicyNames")
            rows = [row for row in rows if not wanted or row["PolicyName"] in wanted]
            return json.dumps(page("ScalingPolicies", rows, params))

        def delete(response: Any) -> str:
            params, target = self._asked(response)
            if target.predictive.pop(params["PolicyName"], None) is not None:
                return "{}"
            if params["PolicyName"] not in _names(response, target):
                raise NotFoundError(f"No scaling policy found with name {params['PolicyName']}")
            return str(moto_delete(response))

        def forecast(response: Any) -> str:
            params, target = self._asked(response)
            return json.dumps(self._forecast(target, params))

        yield Response, "put_scaling_policy", put
        yield Response, "describe_scaling_policies", describe
        yield Response, "delete_scaling_policy", delete
        yield Response, "get_predictive_scaling_forecast", forecast

    def _asked(self, response: Any) -> tuple[Params, ScalableTarget]:
        params = json.loads(response.body)
        return params, self.scaling.targets[response.region].get(params)

    def _put(self, target: ScalableTarget, params: Params) -> Params:
        """Keep a predictive policy of an ECS service, as it was put."""
        if target.key[0] != "ecs":
            raise InvalidError("PredictiveScaling is supported for Amazon ECS services only")
        config = params.get(_CONFIG) or {}
        _check(config)
        name = params["PolicyName"]
        where = f"resource/{target.key[0]}/{target.key[1]}:policyName/{name}"
        guid = uuid5(NAMESPACE_OID, where)
        target.predictive[name] = {
            **named(target.key),
            "PolicyName": name,
            "PolicyARN": f"arn:aws:autoscaling:{self.world.region}:{ACCOUNT}:scalingPolicy:"
            f"{guid}:{where}",
            "PolicyType": "PredictiveScaling",
            "CreationTime": self.world.clock.now.timestamp(),
            _CONFIG: config,
        }
        return {"PolicyARN": target.predictive[name]["PolicyARN"]}

    def _forecast(self, target: ScalableTarget, params: Params) -> Params:
        policy = target.predictive.get(params["PolicyName"])
        if policy is None:
            raise InvalidError(f"No predictive scaling policy {params['PolicyName']}")
        start, end = (datetime.fromtimestamp(params[k], UTC) for k in ("StartTime", "EndTime"))
        now = self.world.clock.now
        why = forecaster.check_span(start, end, now)
        if why:
            raise InvalidError(why)
        _, cluster, service = target.key[1].split("/")
        owner = {"ClusterName": cluster, "ServiceName": service}
        [specification] = policy[_CONFIG]["MetricSpecifications"]
        try:
            load = load_of(self.cloudwatch.metrics, specification, owner, now)
        except ValueError as error:
            raise InvalidError(str(error)) from error
        return forecaster.answer(
            load.forecast(start, end), specification, now, lambda time: time.timestamp()
        )


def _check(config: Params) -> None:
    """AWS's rules for a predictive configuration that botocore does not check."""
    if len(config.get("MetricSpecifications") or ()) != 1:
        raise InvalidError("exactly one metric specification must be given")
    if config.get("Mode", "ForecastOnly") not in ("ForecastOnly", "ForecastAndScale"):
        raise InvalidError("Mode is ForecastOnly or ForecastAndScale")
    if not 0 <= config.get("SchedulingBufferTime", 300) <= 3600:
        raise InvalidError("SchedulingBufferTime is 0 to 3600 seconds")
    raises = config.get("MaxCapacityBreachBehavior") == "IncreaseMaxCapacity"
    if raises != ("MaxCapacityBuffer" in config):
        raise InvalidError("MaxCapacityBuffer goes with IncreaseMaxCapacity, and only with it")


def _owner(policy: Any) -> tuple[str, str, str]:
    return policy.service_namespace, policy.resource_id, policy.scalable_dimension


def _names(response: Any, target: ScalableTarget) -> list[str]:
    kept = response.applicationautoscaling_backend.policies.values()
    return [p.policy_name for p in kept if _owner(p) == target.key]
