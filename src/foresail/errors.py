"""The errors that a person sees: what is wrong, where, and what would cure it."""

from __future__ import annotations


class ForesailError(Exception):
    """Something failed; the message names the thing and, where known, the cure.

    Parameters
    ----------
    message
        What is wrong, naming the file, key, series or AWS resource.
    cure
        What the user can do about it.
    """

    exit_code = 1

    def __init__(self, message: str, *, cure: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.cure = cure

    def __str__(self) -> str:
        return f"{self.message}\n  -> {self.cure}" if self.cure else self.message


class InputError(ForesailError):
    """The input (data, argument, file, account) cannot be used as it is; nothing was written."""

    exit_code = 2


class ConfigError(InputError):
    """foresail.yaml cannot be used; names the file and the key."""


class AwsError(InputError):
    """AWS refused, or could not be asked: credentials, permission, a resource that is missing."""


class RefusedError(ForesailError):
    """A guardrail refused a change that is well-formed; nothing was written."""


class ApplyError(ForesailError):
    """Writing stopped part-way; running the same apply again resumes it."""
