import json
from datetime import timedelta

import pytest

from foresail.rollout.calls import ready, set_floor
from foresail.sandbox import Sandbox
from foresail.sandbox.storefront import build_storefront
from rollout.sample import START

ROLE = "arn:aws:iam::123456789012:role/foresail-rollout"


@pytest.fixture(scope="module")
def account():
    with Sandbox(start=START) as running:
        build_storefront(running)
        yield running


def counted(account, type_name, name):
    """Let a machine of one task count what is ready."""
    found = ready(type_name, name)
    task = {
        "Type": "Task",
        "Resource": found.call.resource,
        "Parameters": found.call.parameters,
        "ResultSelector": {"ready.$": found.count},
        "End": True,
    }
    client = account.client("stepfunctions")
    definition = json.dumps({"StartAt": "count", "States": {"count": task}})
    made = client.create_state_machine(name=type_name, definition=definition, roleArn=ROLE)
    run = client.start_execution(stateMachineArn=made["stateMachineArn"], input="{}")
    account.advance(timedelta(minutes=1))
    ended = client.describe_execution(executionArn=run["executionArn"])
    return json.loads(ended["output"])["ready"] - found.beside


def test_replicas_that_are_available_count_without_the_writer(account):
    rds = account.client("rds")
    [cluster] = rds.describe_db_clusters(DBClusterIdentifier="orders")["DBClusters"]
    replicas = counted(account, "aurora-replicas", "cluster:orders")
    assert replicas == len(cluster["DBClusterMembers"]) - 1 > 0


def test_shards_that_are_available_count(account):
    cache = account.client("elasticache")
    [group] = cache.describe_replication_groups(ReplicationGroupId="catalog")["ReplicationGroups"]
    shards = counted(account, "elasticache-node-groups", "replication-group/catalog")
    assert shards == len(group["NodeGroups"]) > 1


def test_the_capacity_of_a_table_counts(account):
    [table] = [account.client("dynamodb").describe_table(TableName="carts")["Table"]]
    units = counted(account, "dynamodb-table-read", "table/carts")
    assert units == table["ProvisionedThroughput"]["ReadCapacityUnits"]


def test_a_size_is_set_only_where_it_is_asked_for():
    plain = set_floor("ec2-auto-scaling-group", "web", 3)
    sized = set_floor("ec2-auto-scaling-group", "web", 3, 3)
    assert "DesiredCapacity" not in plain.parameters
    assert sized.parameters["DesiredCapacity"] == 3


def test_what_scheduler_serves_has_no_call_of_one_step():
    assert set_floor("kinesis-shards", "orders", 3) is None
