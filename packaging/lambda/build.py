"""Build the zip of the Lambda function from the distributions that are installed here.

It holds what an urgent plan needs and no more: SciPy, scikit-learn, statsmodels and most of
botocore's models stay out (whole runs take the container image, packaging/Dockerfile). The zip
runs where it was built for: build it on Linux, with the function's Python and architecture.
"""

from __future__ import annotations

import argparse
import compileall
import re
import shutil
import sys
import tempfile
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.metadata import Distribution, PackageNotFoundError, distribution
from pathlib import Path

# AWS: "Lambda quotas", deployment package (.zip file archive)
MOST_UNZIPPED = 250 * 2**20
MOST_DIRECT = 50 * 2**20  # larger ones go through S3
EPOCH = (2020, 1, 1, 0, 0, 0)  # of every file: the same content is the same zip
DISTRIBUTIONS = (
    "annotated-types", "boto3", "botocore", "cronsim", "jmespath", "numpy", "pandas", "pyarrow",
    "pydantic", "pydantic-core", "python-dateutil", "pyyaml", "rich", "s3transfer", "six",
    "structlog", "typing-extensions", "typing-inspection", "tzdata", "urllib3",
)  # fmt: skip
# botocore's models of what an urgent plan speaks to; the targets' own services are among them.
SERVICES = (
    "apigateway", "application-autoscaling", "autoscaling", "cloudwatch", "dynamodb", "ec2", "ecs",
    "elasticache", "elbv2", "events", "kinesis", "lambda", "rds", "s3", "scheduler", "sns", "ssm",
    "sts",
)  # fmt: skip
_LEFT_OUT = re.compile(
    r"(^|/)(tests?|testing/tests|__pycache__|include)/"
    r"|\.(pyi|pxd|pyx|h|hpp|c|cpp|a|lib|f90)$"
    r"|^(bin|\.\./)"
    r"|^pyarrow/(libarrow_(flight|s3)|libarrow_python_(flight|parquet_encryption)|src/)"
    r"|^pyarrow/_(flight|s3fs|azurefs|gcsfs|hdfs|orc|dataset\w*|parquet_encryption"
    r"|pyarrow_cpp_tests|substrait|acero|feather|json|csv)\.cpython"
    r"|^pyarrow/libarrow_python\.so(\.\d+\.\d+\.\d+)$|^pyarrow/libarrow_python\.so$"
    r"|^numpy/(f2py|distutils|_pyinstaller)/"
    r"|^boto3/(data|examples)/"
    r"|^botocore/cacert\.pem\.orig$"
)
_MODEL = re.compile(r"^botocore/data/([^/]+)/")


@dataclass(frozen=True)
class Built:
    """What was built, and how large it is in bytes."""

    path: Path
    zipped: int
    unzipped: int


def main() -> int:
    """Build, and say how large it came out against Lambda's limits."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=Path("dist/foresail-lambda.zip"))
    parser.add_argument("--config", type=Path, help="a foresail.yaml to put beside the code")
    given = parser.parse_args()
    built = build(given.out, given.config)
    said = f"{built.path}: {built.zipped / 2**20:.1f} MiB, unzipped {built.unzipped / 2**20:.1f}"
    how = "upload it directly" if built.zipped <= MOST_DIRECT else "upload it through S3"
    sys.stdout.write(f"{said} MiB of {MOST_UNZIPPED / 2**20:.0f}; {how}\n")
    return 0


def build(out: Path, config: Path | None = None) -> Built:
    """Gather, compile and zip.

    Raises
    ------
    SystemExit
        A distribution is missing, or the result is larger than Lambda takes.
    """
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        for name in DISTRIBUTIONS:
            _copy(_installed(name), root)
        shutil.copytree(_own(), root / "foresail", ignore=shutil.ignore_patterns("__pycache__"))
        if config is not None:
            shutil.copy(config, root / "foresail.yaml")
        # The code's folder cannot be written to: without bytecode each cold start compiles it all.
        compileall.compile_dir(
            root, quiet=2, workers=0, invalidation_mode=_unchecked(), stripdir=folder
        )
        unzipped = sum(path.stat().st_size for path in root.rglob("*") if path.is_file())
        if unzipped > MOST_UNZIPPED:
            raise SystemExit(f"{unzipped / 2**20:.0f} MiB unzipped: Lambda takes 250")
        _zip(root, out)
    return Built(out, out.stat().st_size, unzipped)


def _unchecked():  # noqa: ANN202 - an enumeration of the standard library
    from py_compile import PycInvalidationMode

    return PycInvalidationMode.UNCHECKED_HASH


def _installed(name: str) -> Distribution:
    try:
        return distribution(name)
    except PackageNotFoundError as error:
        raise SystemExit(f"{name} is not installed here: run make first") from error


def _copy(package: Distribution, root: Path) -> None:
    for name, path in _files(package):
        target = root / name
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(path, target)


def _files(package: Distribution) -> Iterator[tuple[str, Path]]:
    """Files of a distribution that are needed when it runs: name in the zip, and where it is."""
    for file in package.files or ():
        name = file.as_posix()
        model = _MODEL.match(name)
        if _LEFT_OUT.search(name) or (model and model[1] not in SERVICES):
            continue
        if ".dist-info/" in name and not name.endswith(("/METADATA", "LICENSE", "LICENSE.txt")):
            continue
        path = Path(str(package.locate_file(file)))
        if path.is_file():
            yield name, path


def _own() -> Path:
    import foresail

    return Path(foresail.__file__).parent


def _zip(root: Path, out: Path) -> None:
    out.parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED, compresslevel=6) as archive:
        for path in sorted(root.rglob("*")):
            if path.is_file():
                entry = zipfile.ZipInfo(path.relative_to(root).as_posix(), EPOCH)
                entry.external_attr = 0o644 << 16
                archive.writestr(entry, path.read_bytes(), zipfile.ZIP_DEFLATED, 6)


if __name__ == "__main__":
    sys.exit(main())
