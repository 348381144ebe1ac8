"""Runs the Lambda function's code as AWS does: a fresh process with its folder and nothing else."""

from __future__ import annotations

import json
import os
import subprocess
import sys

COLD = """
import json, sys, time
began = time.perf_counter()
sys.path[:] = [path for path in sys.path if "site-packages" not in path]
sys.path.insert(0, sys.argv[1])
from foresail.urgent.lambda_function import handler
imported = time.perf_counter()
answer = handler(json.load(sys.stdin))
done = time.perf_counter()
print(json.dumps({"answer": answer, "import_s": imported - began, "event_s": done - imported,
                  "modules": sorted({name.split(".")[0] for name in sys.modules})}))
"""


def invoke(task, event, sandbox, path):
    environment = {
        "AWS_ENDPOINT_URL": sandbox.endpoint_url, "AWS_REGION": "us-east-1",
        "AWS_ACCESS_KEY_ID": "testing", "AWS_SECRET_ACCESS_KEY": "testing",
        "AWS_EC2_METADATA_DISABLED": "true", "FORESAIL_CONFIG": str(path),
        "PATH": os.environ["PATH"], "LANG": "C.UTF-8",
    }  # fmt: skip
    done = subprocess.run(
        [sys.executable, "-I", "-S", "-c", COLD, str(task)], input=json.dumps(event), text=True,
        capture_output=True, env=environment, check=False, timeout=120, cwd=path.parent,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-3000:]
    return json.loads(done.stdout.strip().splitlines()[-1])
