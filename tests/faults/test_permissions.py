"""Permissions that are missing, as an endpoint that checks IAM policies answers."""

from __future__ import annotations

import json
import logging
import os
import subprocess
import sys
import urllib.request

import boto3
import pytest

READS = [
    "autoscaling:DescribeAutoScalingGroups",
    "autoscaling:DescribePolicies",
    "autoscaling:DescribeScheduledActions",
    "cloudwatch:GetMetricData",
]
CONFIG = """
services:
  - name: shop
    tiers:
      - name: web
        target: {type: ec2-auto-scaling-group, name: web}
        demand: {namespace: AWS/ApplicationELB, metric: RequestCount}
        unit_capacity: 100 requests/s
        max: 60
"""


@pytest.fixture(scope="module")
def account():
    """moto's own server, which can check policies; gives its address and a client."""
    from moto.server import ThreadedMotoServer

    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    server = ThreadedMotoServer("127.0.0.1", 0, verbose=False)
    server.start()
    url = "http://127.0.0.1:{1}".format(*server.get_host_and_port())

    def client(service):
        return boto3.client(service, endpoint_url=url, region_name="us-east-1")

    client("ec2").create_launch_template(
        LaunchTemplateName="web", LaunchTemplateData={"InstanceType": "m7g.large"}
    )
    client("autoscaling").create_auto_scaling_group(
        AutoScalingGroupName="web", LaunchTemplate={"LaunchTemplateName": "web"},
        AvailabilityZones=["us-east-1a"], MinSize=2, MaxSize=60, DesiredCapacity=2,
    )  # fmt: skip
    yield url, client
    server.stop()


@pytest.fixture
def run_allowed(account, tmp_path):
    """Run foresail as a user who may do only what is listed."""
    url, client = account
    (tmp_path / "foresail.yaml").write_text(CONFIG)

    def check_policies(after):
        ask = urllib.request.Request(
            f"{url}/moto-api/reset-auth", str(after).encode(), {"Content-Type": "text/plain"}
        )
        urllib.request.urlopen(ask).read()

    def run(*words, allowed):
        iam = client("iam")
        user = f"user-{len(iam.list_users()['Users'])}"
        iam.create_user(UserName=user)
        statement = {"Effect": "Allow", "Action": allowed, "Resource": "*"}
        policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
        iam.put_user_policy(UserName=user, PolicyName="allowed", PolicyDocument=policy)
        key = iam.create_access_key(UserName=user)["AccessKey"]
        credentials = {
            "AWS_ENDPOINT_URL": url,
            "AWS_ACCESS_KEY_ID": key["AccessKeyId"],
            "AWS_SECRET_ACCESS_KEY": key["SecretAccessKey"],
        }
        check_policies(0)
        try:
            return subprocess.run(
                [sys.executable, "-m", "foresail.cli", *words],
                cwd=tmp_path, env={**os.environ, **credentials},
                capture_output=True, text=True, check=False,
            )  # fmt: skip
        finally:
            check_policies("inf")

    return run


@pytest.mark.parametrize("missing", READS)
def test_a_missing_read_permission_is_named(run_allowed, tmp_path, missing):
    done = run_allowed("plan", "--out", "plan.json", allowed=[a for a in READS if a != missing])
    assert done.returncode == 2, done.stderr
    assert f"no permission for {missing}" in done.stderr
    assert f"allow the IAM action {missing}" in done.stderr
    assert "Traceback" not in done.stderr
    assert not (tmp_path / "plan.json").exists()


def test_all_of_them_are_enough_to_read(run_allowed):
    moto_says = "monitoring:GetMetricData"  # where IAM says cloudwatch
    done = run_allowed("plan", allowed=[*READS, moto_says])
    assert "no data for AWS/ApplicationELB RequestCount" in done.stderr
