"""Metrics that AWS has ready for scaling policies, by target type; AWS's names behind short ones.

Sources: the enumerations of botocore's models of ``autoscaling`` and ``application-autoscaling``
(MetricType, PredefinedMetricPairType, ...), and for ECS the API reference of Application Auto
Scaling (PredictiveScalingPredefinedMetricPairSpecification).
"""

from __future__ import annotations

from collections.abc import Mapping

EC2 = "ec2-auto-scaling-group"
ECS = "ecs-service"
BY_TARGET_GROUP = frozenset({"requests_per_target", "requests"})  # these need a resource label
SHARE_METRICS = {"lambda-provisioned-concurrency": "utilization"}  # from 0 to 1, not in percent
COUNTS = frozenset(
    {"network_in", "network_out", "requests_per_target", "requests", "connections", "invocations"}
)

Names = Mapping[str, Mapping[str, str]]

TRACKING: Names = {
    EC2: {
        "cpu": "ASGAverageCPUUtilization",
        "cpu_high_resolution": "ASGAverageCPUUtilizationHighResolution",
        "network_in": "ASGAverageNetworkIn",
        "network_out": "ASGAverageNetworkOut",
        "requests_per_target": "ALBRequestCountPerTarget",
    },
    ECS: {
        "cpu": "ECSServiceAverageCPUUtilization",
        "cpu_high_resolution": "ECSServiceAverageCPUUtilizationHighResolution",
        "memory": "ECSServiceAverageMemoryUtilization",
        "memory_high_resolution": "ECSServiceAverageMemoryUtilizationHighResolution",
        "requests_per_target": "ALBRequestCountPerTarget",
    },
    "spot-fleet": {
        "cpu": "EC2SpotFleetRequestAverageCPUUtilization",
        "network_in": "EC2SpotFleetRequestAverageNetworkIn",
        "network_out": "EC2SpotFleetRequestAverageNetworkOut",
        "requests_per_target": "ALBRequestCountPerTarget",
    },
    "dynamodb-table-read": {"utilization": "DynamoDBReadCapacityUtilization"},
    "dynamodb-table-write": {"utilization": "DynamoDBWriteCapacityUtilization"},
    "dynamodb-index-read": {"utilization": "DynamoDBReadCapacityUtilization"},
    "dynamodb-index-write": {"utilization": "DynamoDBWriteCapacityUtilization"},
    "cassandra-table-read": {"utilization": "CassandraReadCapacityUtilization"},
    "cassandra-table-write": {"utilization": "CassandraWriteCapacityUtilization"},
    "aurora-replicas": {
        "cpu": "RDSReaderAverageCPUUtilization",
        "connections": "RDSReaderAverageDatabaseConnections",
    },
    "neptune-replicas": {"cpu": "NeptuneReaderAverageCPUUtilization"},
    "elasticache-node-groups": {
        "cpu": "ElastiCachePrimaryEngineCPUUtilization",
        "memory": "ElastiCacheDatabaseMemoryUsageCountedForEvictPercentage",
    },
    "elasticache-replicas": {"cpu": "ElastiCacheReplicaEngineCPUUtilization"},
    "lambda-provisioned-concurrency": {"utilization": "LambdaProvisionedConcurrencyUtilization"},
    "sagemaker-variant": {"invocations": "SageMakerVariantInvocationsPerInstance"},
    "sagemaker-serverless-concurrency": {
        "utilization": "SageMakerVariantProvisionedConcurrencyUtilization"
    },
    "sagemaker-inference-component": {
        "invocations": "SageMakerInferenceComponentInvocationsPerCopy"
    },
    "appstream-fleet": {"utilization": "AppStreamAverageCapacityUtilization"},
    "comprehend-classifier": {"utilization": "ComprehendInferenceUtilization"},
    "comprehend-recognizer": {"utilization": "ComprehendInferenceUtilization"},
    "workspaces-pool": {"utilization": "WorkSpacesAverageUserSessionsCapacityUtilization"},
}
PAIRS: Names = {
    EC2: {
        "cpu": "ASGCPUUtilization",
        "network_in": "ASGNetworkIn",
        "network_out": "ASGNetworkOut",
        "requests": "ALBRequestCount",
    },
    ECS: {
        "cpu": "ECSServiceCPUUtilization",
        "memory": "ECSServiceMemoryUtilization",
        "requests": "ALBRequestCount",
    },
}
SCALING: Names = {
    EC2: {
        "cpu": "ASGAverageCPUUtilization",
        "network_in": "ASGAverageNetworkIn",
        "network_out": "ASGAverageNetworkOut",
        "requests": "ALBRequestCountPerTarget",
    },
    ECS: {
        "cpu": "ECSServiceAverageCPUUtilization",
        "memory": "ECSServiceAverageMemoryUtilization",
        "requests": "ALBRequestCountPerTarget",
    },
}
LOAD: Names = {
    EC2: {
        "cpu": "ASGTotalCPUUtilization",
        "network_in": "ASGTotalNetworkIn",
        "network_out": "ASGTotalNetworkOut",
        "requests": "ALBTargetGroupRequestCount",
    },
    ECS: {
        "cpu": "ECSServiceTotalCPUUtilization",
        "memory": "ECSServiceTotalMemoryUtilization",
        "requests": "TotalALBRequestCount",
    },
}
