"""What people would like to plan and AWS cannot schedule, each with its reason and a way out."""

from __future__ import annotations

REASONS = {
    "msk-broker-storage": (
        "Application Auto Scaling takes no scheduled action for MSK broker storage",
        "give the cluster a target-tracking policy on KafkaBrokerStorageUtilization",
    ),
    "kinesis-on-demand": (
        "an on-demand stream has no shard count to set: it follows twice its 30-day peak by itself",
        "plan nothing, or switch to provisioned mode and use kinesis-shards",
    ),
    "dynamodb-on-demand": (
        "an on-demand table has no capacity to set: it follows twice its last peak by itself",
        "plan nothing, or use dynamodb-warm-throughput-read and -write ahead of a launch",
    ),
    "rds-read-replicas": (
        "RDS has no count of read replicas to set: each one is a call of its own to create or "
        "delete, and one that fails leaves a replica that is paid for and never deleted",
        "move the database to Aurora and use aurora-replicas, or put RDS Proxy before an instance "
        "of a larger class",
    ),
    "cloudfront-distribution": (
        "CloudFront has no capacity to set",
        "plan the origin: its demand is requests x (1 - hit rate)",
    ),
}
