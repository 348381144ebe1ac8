"""Makes one resource of each target type in a sandbox; answers its name."""

from __future__ import annotations

from functools import partial

from foresail.sandbox import create_group
from foresail.targets.registry import target_class
from targets.names import NAMES

ROLE = "arn:aws:iam::123456789012:role/foresail-scheduler"
QUEUE = "arn:aws:sqs:us-east-1:123456789012:foresail-failed"
SCHEDULER = {"role": ROLE, "dead_letter": QUEUE}
UNITS = {"ReadCapacityUnits": 2, "WriteCapacityUnits": 2}
LOGIN = {"MasterUsername": "admin", "MasterUserPassword": "not-a-secret"}


def group(sandbox):
    create_group(sandbox, "web", min_size=2, max_size=40, target_tracking=50)
    return "web"


def scalable(type_name, sandbox):
    cls, name = target_class(type_name), NAMES[type_name][0]
    sandbox.client("application-autoscaling").register_scalable_target(
        ServiceNamespace=cls.namespace, ScalableDimension=cls.dimension, ResourceId=name,
        MinCapacity=2, MaxCapacity=min(40, cls.bounds[1] or 40),
    )  # fmt: skip
    return name


def stream(sandbox):
    sandbox.client("kinesis").create_stream(StreamName="clicks", ShardCount=2)
    return "clicks"


def database(sandbox):
    sandbox.client("rds").create_db_instance(
        DBInstanceIdentifier="orders-db", DBInstanceClass="db.r6g.large", Engine="postgres",
        AllocatedStorage=20, **LOGIN,
    )  # fmt: skip
    return "orders-db"


def cluster(sandbox):
    sandbox.client("rds").create_db_cluster(
        DBClusterIdentifier="basket", Engine="aurora-postgresql", **LOGIN,
        ServerlessV2ScalingConfiguration={"MinCapacity": 2, "MaxCapacity": 64},
    )  # fmt: skip
    return "basket"


def table(name, sandbox):
    sandbox.client("dynamodb").create_table(
        TableName=name, ProvisionedThroughput=UNITS,
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
    )  # fmt: skip
    return f"table/{name}"


def provisioned(type_name, sandbox):
    """Make the table of the four types once, then register one of them."""
    keys = {
        "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}],
        "ProvisionedThroughput": UNITS,
    }
    client = sandbox.client("dynamodb")
    if not {"shop.orders"} & set(client.list_tables()["TableNames"]):
        index = {"IndexName": "by-day", "Projection": {"ProjectionType": "ALL"}, **keys}
        client.create_table(
            TableName="shop.orders", GlobalSecondaryIndexes=[index], **keys,
            AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        )  # fmt: skip
    return scalable(type_name, sandbox)


def service(sandbox):
    ecs = sandbox.client("ecs")
    ecs.create_cluster(clusterName="shop")
    ecs.register_task_definition(
        family="web", containerDefinitions=[{"name": "web", "image": "web", "memory": 128}]
    )
    ecs.create_service(cluster="shop", serviceName="web", taskDefinition="web", desiredCount=2)
    return scalable("ecs-service", sandbox)


def balancer(sandbox):
    subnets = [one["SubnetId"] for one in sandbox.client("ec2").describe_subnets()["Subnets"]]
    made = sandbox.client("elbv2").create_load_balancer(Name="web", Subnets=subnets[:2])
    return made["LoadBalancers"][0]["LoadBalancerArn"]


def usage_plan(sandbox):
    throttle = {"rateLimit": 2, "burstLimit": 3}
    return sandbox.client("apigateway").create_usage_plan(name="partners", throttle=throttle)["id"]


def stage(sandbox, *, throttled=True):
    client = sandbox.client("apigateway")
    api = client.create_rest_api(name="shop")["id"]
    root = client.get_resources(restApiId=api)["items"][0]["id"]
    where = {"restApiId": api, "resourceId": root, "httpMethod": "GET"}
    client.put_method(**where, authorizationType="NONE")
    client.put_integration(
        **where, type="HTTP", integrationHttpMethod="GET", uri="https://example.com"
    )
    client.create_deployment(restApiId=api, stageName="prod")
    if not throttled:
        return f"{api}/prod"
    client.update_stage(
        restApiId=api, stageName="prod",
        patchOperations=[
            {"op": "replace", "path": f"/*/*/throttling/{key}", "value": value}
            for key, value in (("rateLimit", "2"), ("burstLimit", "3"))
        ],
    )  # fmt: skip
    return f"{api}/prod"


MAKERS = {
    "ec2-auto-scaling-group": group,
    "kinesis-shards": stream,
    "rds-storage": database,
    "aurora-serverless-capacity": cluster,
    "dynamodb-warm-throughput-read": partial(table, "reads"),
    "dynamodb-warm-throughput-write": partial(table, "writes"),
    "elb-capacity-units": balancer,
    "apigateway-usage-plan-rate": usage_plan,
    "apigateway-stage": stage,
    **{name: partial(scalable, name) for name in NAMES},
    **{name: partial(provisioned, name) for name in NAMES if name.startswith("dynamodb-")},
    "ecs-service": service,
}
