"""Blobs: files by name, whole or not at all; below a folder, or in a bucket of S3."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from foresail.errors import InputError
from foresail.files import private_folder, replacing

if TYPE_CHECKING:
    from foresail.aws import Aws


class Blobs(Protocol):
    """Bytes by name; a name is two or more parts with slashes between: ``history/cpu.parquet``."""

    def read(self, name: str) -> bytes | None:
        """Bytes of a blob; None when there is none."""
        ...

    def write(self, name: str, data: bytes) -> None:
        """Keep a blob in place of what is there, whole or not at all."""
        ...

    def delete(self, name: str) -> None:
        """Take a blob away; one that is not there is none the less deleted."""
        ...

    def names(self, prefix: str = "") -> list[str]:
        """Names that begin with a prefix, in order."""
        ...

    def where(self, name: str) -> str:
        """Say where a blob lies, for people."""
        ...


class FolderBlobs:
    """`Blobs` as files below a folder, which the first write makes.

    Raises
    ------
    InputError
        Of each method: a file cannot be read or written; names it.
    """

    def __init__(self, root: Path) -> None:
        self.root = root

    def read(self, name: str) -> bytes | None:
        """See `Blobs.read`."""
        path = self._path(name)
        try:
            return path.read_bytes()
        except FileNotFoundError:
            return None
        except OSError as error:
            raise _unusable(path, "read", error) from error

    def write(self, name: str, data: bytes) -> None:
        """See `Blobs.write`."""
        path = self._path(name)
        try:
            private_folder(path.parent)
            with replacing(path) as temporary:
                temporary.write_bytes(data)
        except OSError as error:
            raise _unusable(path, "written", error) from error

    def delete(self, name: str) -> None:
        """See `Blobs.delete`."""
        path = self._path(name)
        try:
            path.unlink(missing_ok=True)
        except OSError as error:
            raise _unusable(path, "deleted", error) from error

    def names(self, prefix: str = "") -> list[str]:
        """See `Blobs.names`; half-written files (their names begin with a dot) are none."""
        folder = self.root / prefix.rpartition("/")[0]
        found = (path for path in folder.rglob("*") if path.is_file() and path.name[0] != ".")
        names = (path.relative_to(self.root).as_posix() for path in found)
        # Files of the folder itself are the records, and whatever somebody laid there.
        return sorted(name for name in names if name.startswith(prefix) and "/" in name)

    def where(self, name: str) -> str:
        """See `Blobs.where`."""
        return str(self.root / name)

    def _path(self, name: str) -> Path:
        """Find a blob's file; a name that leads out of the folder is a mistake of the program."""
        if "/" not in name or any(part[:1] in {"", "."} for part in name.split("/")):
            raise ValueError(f"no name of a blob: {name!r}")
        return self.root / name


class S3Blobs:
    """`Blobs` as objects of a bucket; S3 itself replaces an object whole or not at all.

    Parameters
    ----------
    aws
        Whose bucket it is.
    bucket
        Its name.
    prefix
        What all keys begin with, like ``foresail/``.

    Raises
    ------
    AwsError
        Of each method: as AWS refuses.
    """

    def __init__(self, aws: Aws, bucket: str, prefix: str = "") -> None:
        self.aws = aws
        self.bucket = bucket
        self.prefix = prefix

    def read(self, name: str) -> bytes | None:
        """See `Blobs.read`."""
        from foresail.aws import aws_errors

        client = self.aws.client("s3")
        with aws_errors("s3:GetObject", self.where(name)):
            try:
                answer = client.get_object(Bucket=self.bucket, Key=self.prefix + name)
            except client.exceptions.NoSuchKey:
                return None
            return bytes(answer["Body"].read())

    def write(self, name: str, data: bytes) -> None:
        """See `Blobs.write`."""
        from foresail.aws import aws_errors

        with aws_errors("s3:PutObject", self.where(name)):
            self.aws.client("s3").put_object(Bucket=self.bucket, Key=self.prefix + name, Body=data)

    def delete(self, name: str) -> None:
        """See `Blobs.delete`."""
        from foresail.aws import aws_errors

        with aws_errors("s3:DeleteObject", self.where(name)):
            self.aws.client("s3").delete_object(Bucket=self.bucket, Key=self.prefix + name)

    def names(self, prefix: str = "") -> list[str]:
        """See `Blobs.names`."""
        from foresail.aws import aws_errors

        pages = self.aws.client("s3").get_paginator("list_objects_v2")
        with aws_errors("s3:ListBucket", f"bucket {self.bucket}"):
            found = [
                item["Key"][len(self.prefix) :]
                for page in pages.paginate(Bucket=self.bucket, Prefix=self.prefix + prefix)
                for item in page.get("Contents", ())
            ]
        return sorted(found)

    def where(self, name: str) -> str:
        """See `Blobs.where`."""
        return f"s3://{self.bucket}/{self.prefix}{name}"


def _unusable(path: Path, done: str, error: OSError) -> InputError:
    return InputError(
        f"store {path}: cannot be {done} ({error.strerror or error})",
        cure="make it usable, free space, or set store: in foresail.yaml to another folder",
    )
