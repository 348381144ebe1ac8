"""A name of each scalable target, and one that is none."""

from __future__ import annotations

COMPREHEND = "arn:aws:comprehend:us-east-1:123456789012"
NAMES = {
    "appstream-fleet": ("fleet/desks", "desks"),
    "aurora-replicas": ("cluster:orders", "cluster/orders"),
    "cassandra-table-read": ("keyspace/shop/table/orders", "shop/orders"),
    "cassandra-table-write": ("keyspace/shop/table/orders", "keyspace/shop"),
    "comprehend-classifier": (
        f"{COMPREHEND}:document-classifier-endpoint/mail",
        f"{COMPREHEND}:entity-recognizer-endpoint/mail",
    ),
    "comprehend-recognizer": (f"{COMPREHEND}:entity-recognizer-endpoint/mail", "mail"),
    "custom-resource": ("https://a1.execute-api.us-east-1.amazonaws.com/prod/x/1-2", "a1/prod"),
    "dynamodb-index-read": ("table/shop.orders/index/by-day", "table/shop.orders"),
    "dynamodb-index-write": ("table/shop.orders/index/by-day", "table/shop.orders/index/"),
    "dynamodb-table-read": ("table/shop.orders", "shop.orders"),
    "dynamodb-table-write": ("table/shop.orders", "table/shop/index/by-day"),
    "ecs-service": ("service/shop/web", "service/web"),
    "elasticache-node-groups": ("replication-group/cart", "cart"),
    "elasticache-nodes": ("cache-cluster/pages", "replication-group/pages"),
    "elasticache-replicas": ("replication-group/cart", "replication-group/cart-"),
    "emr-instance-group": ("instancegroup/j-2EEZNYKUA1NTV/ig-1791Y4E1L8YI0", "j-2EEZNYKUA1NTV"),
    "lambda-provisioned-concurrency": ("function:checkout:live", "function:checkout:$LATEST"),
    "neptune-replicas": ("cluster:graph", "graph"),
    "sagemaker-inference-component": ("inference-component/rank", "endpoint/rank"),
    "sagemaker-serverless-concurrency": ("endpoint/rank/variant/blue", "endpoint/rank"),
    "sagemaker-variant": ("endpoint/rank/variant/blue", "endpoint/rank"),
    "spot-fleet": (
        "spot-fleet-request/sfr-73fbd2ce-aa30-494c-8788-1cee4a5e0e1f",
        "sfr-73fbd2ce-aa30-494c-8788-1cee4a5e0e1f",
    ),
    "workspaces-pool": ("workspacespool/wspool-123456", "wspool-123456"),
}
