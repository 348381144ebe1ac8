"""Each service by script, where the sandbox has none of it."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from discovery.sample import Scripted
from foresail.discovery.found import TO_SET, Found, Seen
from foresail.discovery.services import (
    aurora,
    dynamodb,
    ec2_groups,
    elasticache,
    kinesis,
    lambda_functions,
    others,
)

NOW = datetime(2026, 11, 20, 15, tzinfo=UTC)


def targets(aws, *pages):
    """Answer registered targets, (resource, dimension, max) each, over pages."""
    for number, page in enumerate(pages):
        rows = [
            {
                "ServiceNamespace": "x", "ResourceId": name, "ScalableDimension": dimension,
                "MinCapacity": 1, "MaxCapacity": most, "RoleARN": "arn", "CreationTime": NOW,
            }
            for name, dimension, most in page
        ]  # fmt: skip
        more = {"NextToken": "n"} if number < len(pages) - 1 else {}
        answer = {"ScalableTargets": rows, **more}
        aws.expect("application-autoscaling", "describe_scalable_targets", answer)


def look(service, aws):
    rows = list(service.find(aws, NOW))
    aws.assert_all_asked()
    return rows


def test_groups_of_other_services_are_left_alone():
    aws = Scripted()
    group = {
        "AutoScalingGroupName": "eks", "MinSize": 1, "MaxSize": 9, "DesiredCapacity": 2,
        "DefaultCooldown": 300, "AvailabilityZones": ["a"], "HealthCheckType": "EC2",
        "CreatedTime": NOW, "Operator": {"Principal": "eks.amazonaws.com"},
    }  # fmt: skip
    aws.expect("autoscaling", "describe_auto_scaling_groups", {"AutoScalingGroups": [group]})
    assert look(ec2_groups, aws) == [
        Seen("ec2-auto-scaling-group eks", "is managed by eks.amazonaws.com")
    ]


def test_an_index_is_planned_as_one_over_pages():
    aws = Scripted()
    table = ("table/t1", "dynamodb:table:WriteCapacityUnits", 9)
    index = ("table/t1/index/i1", "dynamodb:index:ReadCapacityUnits", 9)
    targets(aws, [table], [index])
    aws.expect("dynamodb", "list_tables", {"TableNames": []})
    first, second = look(dynamodb, aws)
    assert first.target_type == "dynamodb-table-write"
    assert second.target_type == "dynamodb-index-read"
    assert second.demand == {"kind": "dynamodb", "table": "t1", "index": "i1", "access": "read"}


def test_an_aurora_cluster_needs_its_connections_from_a_person():
    aws = Scripted()
    targets(aws, [("cluster:shop", "rds:cluster:ReadReplicaCount", 5)])
    clusters = [
        {"DBClusterIdentifier": "shop", "Engine": "aurora-postgresql"},
        {"DBClusterIdentifier": "fixed", "Engine": "aurora-mysql"},
        {"DBClusterIdentifier": "plain", "Engine": "postgres"},
    ]
    aws.expect("rds", "describe_db_clusters", {"DBClusters": clusters})
    shop, fixed = look(aurora, aws)
    assert shop.demand == {"kind": "connections", "cluster": "shop", "max_connections": TO_SET}
    assert "register-scalable-target --service-namespace rds" in fixed.why


@pytest.mark.parametrize(
    ("dimension", "kind", "nodes"),
    [
        (elasticache.SHARDS, "elasticache-node-groups", ["s-1-1", "s-2-1"]),
        (elasticache.REPLICAS, "elasticache-replicas", ["s-1-2"]),
    ],
)
def test_a_cache_is_planned_by_the_nodes_that_work(dimension, kind, nodes):
    aws = Scripted()
    targets(aws, [("replication-group/s", dimension, 9)])
    members = [[{"CacheClusterId": f"s-{shard}-{n}"} for n in (1, 2)] for shard in (1, 2)]
    groups = [
        {"ReplicationGroupId": "s", "NodeGroups": [{"NodeGroupMembers": m} for m in members]},
        {"ReplicationGroupId": "t", "NodeGroups": []},
    ]
    aws.expect("elasticache", "describe_replication_groups", {"ReplicationGroups": groups})
    found, seen = look(elasticache, aws)
    assert (found.target_type, found.demand["nodes"]) == (kind, nodes)
    assert seen.name == "elasticache replication-group/t"


def test_a_function_is_planned_by_invocations_that_run_at_once():
    aws = Scripted()
    targets(aws, [("function:pay:live", "lambda:function:ProvisionedConcurrency", 90)])
    [found] = look(lambda_functions, aws)
    assert found.demand == {"kind": "lambda", "function": "pay", "alias": "live"}
    assert found.tier == "pay-live"


def test_streams_are_named_with_what_they_would_need():
    aws = Scripted()
    aws.expect(
        "kinesis", "list_streams", {"StreamNames": ["a"], "HasMoreStreams": True, "NextToken": "t"}
    )
    aws.expect("kinesis", "list_streams", {"StreamNames": ["b"], "HasMoreStreams": False})
    for mode in ("PROVISIONED", "ON_DEMAND"):
        summary = {
            "StreamName": "a", "StreamARN": "arn:stream/a", "StreamStatus": "ACTIVE",
            "RetentionPeriodHours": 24, "StreamCreationTimestamp": NOW, "OpenShardCount": 4,
            "EnhancedMonitoring": [], "StreamModeDetails": {"StreamMode": mode},
        }  # fmt: skip
        aws.expect("kinesis", "describe_stream_summary", {"StreamDescriptionSummary": summary})
    first, second = look(kinesis, aws)
    assert "kind: kinesis, stream: a" in first.why
    assert second == Seen("kinesis b", "is on demand and scales by itself")


def test_a_variant_is_planned_by_invocations_and_the_rest_is_named():
    aws = Scripted()
    variant = ("endpoint/e/variant/v", "sagemaker:variant:DesiredInstanceCount", 4)
    fleet = ("fleet/desk", "appstream:fleet:DesiredCapacity", 4)
    broker = ("arn:kafka", "kafka:broker-storage:VolumeSize", 4)
    for namespace in others.NAMESPACES:
        here = {"sagemaker": [variant], "appstream": [fleet], "kafka": [broker]}
        targets(aws, here.get(namespace, []))
    rows = look(others, aws)
    [found] = [row for row in rows if isinstance(row, Found)]
    assert found.demand["dimensions"] == {"EndpointName": "e", "VariantName": "v"}
    assert found.unit_capacity == TO_SET
    assert {row.name.split()[0] for row in rows if isinstance(row, Seen)} == {
        "appstream-fleet", "kafka:broker-storage:VolumeSize",
    }  # fmt: skip
