"""The storefront's resources: made once through the API, their capacities read as time goes on."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable, Mapping
from typing import Any

from foresail.sandbox.account import create_group
from foresail.sandbox.modules import ACCOUNT
from foresail.sandbox.server import Sandbox
from foresail.sandbox.storefront_metrics import Names
from foresail.sandbox.storefront_tiers import BY_NAME

Key = tuple[str, str, str]
# Namespace, resource id and dimension of each scalable target, and the metric its policy tracks.
TARGETS: dict[str, tuple[Key, str]] = {
    "app": (
        ("ecs", "service/storefront/app", "ecs:service:DesiredCount"),
        "ECSServiceAverageCPUUtilization",
    ),
    "checkout": (
        ("lambda", "function:checkout:live", "lambda:function:ProvisionedConcurrency"),
        "LambdaProvisionedConcurrencyUtilization",
    ),
    "catalog": (
        (
            "elasticache",
            "replication-group/catalog",
            "elasticache:replication-group:NodeGroups",
        ),
        "ElastiCachePrimaryEngineCPUUtilization",
    ),
    "orders": (
        ("rds", "cluster:orders", "rds:cluster:ReadReplicaCount"),
        "RDSReaderAverageCPUUtilization",
    ),
    "carts-read": (
        ("dynamodb", "table/carts", "dynamodb:table:ReadCapacityUnits"),
        "DynamoDBReadCapacityUtilization",
    ),
    "carts-write": (
        ("dynamodb", "table/carts", "dynamodb:table:WriteCapacityUnits"),
        "DynamoDBWriteCapacityUtilization",
    ),
}


def create_account(sandbox: Sandbox, units: Mapping[str, int]) -> Names:
    """Make all resources with these units; answers the names that AWS chose."""
    names = _edge(sandbox)
    web = BY_NAME["web"]
    create_group(
        sandbox, "web", min_size=web.low, max_size=web.high, desired=units["web"],
        target_tracking=web.target,
    )  # fmt: skip
    for make in (_service, _function, _table, _cluster, _cache, _stream):
        make(sandbox, units)
    for name in TARGETS:
        register(sandbox, name)
    return names


def register(sandbox: Sandbox, name: str) -> None:
    """Register the scalable target of a tier, with a target-tracking policy."""
    (namespace, resource, dimension), metric = TARGETS[name]
    spec, scaling = BY_NAME[name], sandbox.world.client("application-autoscaling")
    target = {
        "ServiceNamespace": namespace,
        "ResourceId": resource,
        "ScalableDimension": dimension,
    }
    scaling.register_scalable_target(**target, MinCapacity=spec.low, MaxCapacity=spec.high)
    share = 0.01 if namespace == "lambda" else 1.0  # Lambda's utilisation goes from 0 to 1
    scaling.put_scaling_policy(
        **target, PolicyName=f"{name}-tracking", PolicyType="TargetTrackingScaling",
        TargetTrackingScalingPolicyConfiguration={
            "TargetValue": spec.target * share,
            "PredefinedMetricSpecification": {"PredefinedMetricType": metric},
        },
    )  # fmt: skip


def _edge(sandbox: Sandbox) -> Names:
    ec2, elb = sandbox.world.client("ec2"), sandbox.world.client("elbv2")
    subnets = [s["SubnetId"] for s in ec2.describe_subnets()["Subnets"][:2]]
    made = elb.create_load_balancer(Name="storefront", Subnets=subnets)["LoadBalancers"][0]
    group = elb.create_target_group(Name="web", Protocol="HTTP", Port=80, VpcId=made["VpcId"])
    target_group = group["TargetGroups"][0]["TargetGroupArn"]
    distribution = sandbox.world.client("cloudfront").create_distribution(
        DistributionConfig=_distribution(made["DNSName"])
    )
    _api(sandbox)
    return Names(
        distribution["Distribution"]["Id"],
        made["LoadBalancerArn"].partition(":loadbalancer/")[2],
        target_group.rpartition(":")[2],
    )


def _distribution(domain: str) -> dict[str, Any]:
    http = {"HTTPPort": 80, "HTTPSPort": 443, "OriginProtocolPolicy": "http-only"}
    origin = {"Id": "web", "DomainName": domain, "CustomOriginConfig": http}
    return {
        "CallerReference": "storefront",
        "Comment": "storefront",
        "Enabled": True,
        "Origins": {"Quantity": 1, "Items": [origin]},
        "DefaultCacheBehavior": {"TargetOriginId": "web", "ViewerProtocolPolicy": "allow-all"},
    }


def _api(sandbox: Sandbox) -> None:
    client = sandbox.world.client("apigateway")
    api = client.create_rest_api(name="storefront")["id"]
    root = client.get_resources(restApiId=api)["items"][0]["id"]
    where = {"restApiId": api, "resourceId": root, "httpMethod": "GET"}
    client.put_method(**where, authorizationType="NONE")
    client.put_integration(**where, type="MOCK")
    client.create_deployment(restApiId=api, stageName="prod")


def _service(sandbox: Sandbox, units: Mapping[str, int]) -> None:
    ecs = sandbox.world.client("ecs")
    ecs.create_cluster(clusterName="storefront")
    containers = [{"name": "app", "image": "app", "memory": 512}]
    ecs.register_task_definition(family="app", containerDefinitions=containers)
    ecs.create_service(
        cluster="storefront", serviceName="app", taskDefinition="app", desiredCount=units["app"]
    )


def _function(sandbox: Sandbox, units: Mapping[str, int]) -> None:
    role = sandbox.world.client("iam").create_role(
        RoleName="checkout", AssumeRolePolicyDocument="{}"
    )
    code = io.BytesIO()
    with zipfile.ZipFile(code, "w") as archive:
        archive.writestr("index.py", "def handler(event, context):\n    return event\n")
    client = sandbox.world.client("lambda")
    made = client.create_function(
        FunctionName="checkout", Runtime="python3.13", Handler="index.handler", Publish=True,
        Role=role["Role"]["Arn"], Code={"ZipFile": code.getvalue()},
    )  # fmt: skip
    client.create_alias(FunctionName="checkout", Name="live", FunctionVersion=made["Version"])
    sandbox.scalable_targets.capacities.set(TARGETS["checkout"][0], units["checkout"])


def _table(sandbox: Sandbox, units: Mapping[str, int]) -> None:
    sandbox.world.client("dynamodb").create_table(
        TableName="carts",
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        ProvisionedThroughput={
            "ReadCapacityUnits": units["carts-read"],
            "WriteCapacityUnits": units["carts-write"],
        },
    )


def _cluster(sandbox: Sandbox, units: Mapping[str, int]) -> None:
    rds, engine = sandbox.world.client("rds"), "aurora-postgresql"
    rds.create_db_cluster(
        DBClusterIdentifier="orders", Engine=engine, MasterUsername="storefront",
        MasterUserPassword="not-a-secret",
    )  # fmt: skip
    rds.create_db_instance(
        DBInstanceIdentifier="orders-writer", DBInstanceClass="db.r7g.large", Engine=engine,
        DBClusterIdentifier="orders",
    )  # fmt: skip
    sandbox.scalable_targets.capacities.set(TARGETS["orders"][0], units["orders"])


def _cache(sandbox: Sandbox, units: Mapping[str, int]) -> None:
    sandbox.world.client("elasticache").create_replication_group(
        ReplicationGroupId="catalog", ReplicationGroupDescription="catalog",
        NumNodeGroups=units["catalog"], ReplicasPerNodeGroup=1, ClusterMode="enabled",
        Engine="redis", CacheNodeType="cache.r7g.large", AutomaticFailoverEnabled=True,
    )  # fmt: skip


def _stream(sandbox: Sandbox, units: Mapping[str, int]) -> None:
    sandbox.world.client("kinesis").create_stream(StreamName="clicks", ShardCount=units["clicks"])


def live_units(sandbox: Sandbox) -> dict[str, int]:
    """Units that every tier should have right now, read where moto keeps them."""
    return {name: read(sandbox) for name, read in _READ.items()}


def _backend(sandbox: Sandbox, service: str) -> Any:
    from moto.backends import get_backend

    backends: Any = get_backend(service)  # type: ignore[call-overload]
    return backends[ACCOUNT][sandbox.region]


def _tasks(sandbox: Sandbox) -> int:
    return int(_backend(sandbox, "ecs").services["storefront:app"].desired_count)


def _throughput(unit: str) -> Callable[[Sandbox], int]:
    def read(sandbox: Sandbox) -> int:
        return int(_backend(sandbox, "dynamodb").tables["carts"].throughput[unit])

    return read


def _concurrency(sandbox: Sandbox) -> int:
    return sandbox.scalable_targets.capacities.get(TARGETS["checkout"][0], 0)


def _readers(sandbox: Sandbox) -> int:
    members = _backend(sandbox, "rds").clusters["orders"].members
    return sum(not member.is_cluster_writer for member in members)


def _shards(sandbox: Sandbox) -> int:
    return len(_backend(sandbox, "elasticache").replication_groups["catalog"].node_groups)


def _stream_shards(sandbox: Sandbox) -> int:
    shards = _backend(sandbox, "kinesis").streams["clicks"].shards.values()
    return sum(bool(shard.is_open) for shard in shards)


_READ: dict[str, Callable[[Sandbox], int]] = {
    "app": _tasks,
    "checkout": _concurrency,
    "catalog": _shards,
    "orders": _readers,
    "carts-read": _throughput("ReadCapacityUnits"),
    "carts-write": _throughput("WriteCapacityUnits"),
    "clicks": _stream_shards,
}
