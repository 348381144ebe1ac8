"""What foresail is built on: locked, from the registry alone, under known licences, without holes.

Advisories are asked with pip-audit where its service answers; the locks are always reviewed.
Exit code 1: something was found. No answer is no finding.
"""

from __future__ import annotations

import importlib.metadata
import json
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[1]
LOCKS = ("requirements.lock", "requirements-dev.lock", "benchmarks/requirements-peers.txt")
LICENSED = LOCKS[:2]  # what is installed here, so that its licence can be read
SECONDS = 120
PINNED = re.compile(
    r"(?P<name>[A-Za-z0-9][A-Za-z0-9._-]*)(\[[a-z0-9,_-]+\])?==[0-9][^\s;@,*]*(\s*;.*)?"
)
ALLOWED = (
    "0BSD", "Apache-2.0", "Artistic-1.0", "BSD-2-Clause", "BSD-3-Clause", "CC0-1.0", "CNRI-Python",
    "ISC", "MIT", "MIT-0", "MPL-2.0", "PSF-2.0", "Zlib",
)  # fmt: skip
SAID = (  # how metadata older than SPDX expressions begins to say them
    "2-clause bsd", "apache", "artistic", "asl 2", "bsd", "dual license", "isc", "mit", "mpl",
    "mozilla public license 2.0", "psf", "public domain", "python software foundation", "the mit",
)  # fmt: skip


def unpinned(text: str) -> Iterator[str]:
    """Lines of a lock that are not a name with ``==`` and a version."""
    for line in text.splitlines():
        said = line.split(" #")[0].strip()
        if said and not said.startswith("#") and not PINNED.fullmatch(said):
            yield f"not a pinned requirement: {said}"


def names(text: str) -> list[str]:
    """Names of a lock's requirements."""
    found = (PINNED.fullmatch(line.split(" #")[0].strip()) for line in text.splitlines())
    return [one["name"] for one in found if one]


def allowed(expression: str) -> bool:
    """Whether an SPDX expression lets us: each of what AND joins, any of what OR joins."""
    parts = re.sub(r"[()]", "", expression).split(" AND ")
    return all(any(one.strip() in ALLOWED for one in part.split(" OR ")) for part in parts)


def licence_finding(name: str, metadata: object) -> str | None:
    """Say why a distribution's licence is not one of those allowed; None where it is."""
    expression = metadata.get("License-Expression")  # type: ignore[attr-defined]
    if expression:
        return None if allowed(expression) else f"{name}: licence {expression}"
    classifiers = metadata.get_all("Classifier") or []  # type: ignore[attr-defined]
    said = [one.rsplit(" :: ", 1)[-1] for one in classifiers if one.startswith("License ::")]
    said.append((metadata.get("License") or "").strip())  # type: ignore[attr-defined]
    known = any(one.lower().startswith(SAID) or one in ALLOWED for one in said)
    return None if known else f"{name}: licence {' / '.join(filter(None, said)) or 'not told'}"


def licences(text: str) -> Iterator[str]:
    """Licences of a lock's distributions that are not allowed, as far as they are installed."""
    for name in names(text):
        try:
            found = licence_finding(name, importlib.metadata.metadata(name))
        except importlib.metadata.PackageNotFoundError:
            continue  # of another platform
        if found:
            yield found


def advisories(answer: str) -> tuple[list[str], int]:
    """Holes that pip-audit told of, and of how many distributions it knew anything."""
    rows = json.loads(answer)["dependencies"]
    asked = [row for row in rows if "vulns" in row]
    found = [
        f"{row['name']} {row['version']}: {one['id']}, mended in "
        f"{', '.join(one['fix_versions']) or 'no version yet'}"
        for row in asked
        for one in row["vulns"]
    ]
    return found, len(asked)


def ask(lock: Path) -> tuple[list[str], int]:
    """Ask pip-audit about a lock; nothing is known where it cannot be run or gets no answer."""
    command = [sys.executable, "-m", "pip_audit", "--no-deps", "--disable-pip", "-f", "json"]
    try:
        done = subprocess.run(  # noqa: S603
            [*command, "--progress-spinner", "off", "-r", str(lock)],
            capture_output=True, text=True, timeout=SECONDS, check=False,
        )  # fmt: skip
        return advisories(done.stdout)
    except (OSError, ValueError, KeyError, subprocess.TimeoutExpired):
        return [], 0


def main() -> int:
    """Review each lock, then ask for advisories."""
    found: list[str] = []
    for name in LOCKS:
        text = (ROOT / name).read_text(encoding="utf-8")
        listed = [*unpinned(text), *(licences(text) if name in LICENSED else ())]
        found += [f"{name}: {one}" for one in listed]
        sys.stdout.write(f"{name}: {len(names(text))} requirements reviewed\n")
    for name in LICENSED:
        holes, known = ask(ROOT / name)
        found += [f"{name}: {one}" for one in holes]
        told = f"advisories asked about {known}" if known else "no advisory service answered"
        sys.stdout.write(f"{name}: {told}\n")
    sys.stdout.write("".join(f"found: {one}\n" for one in found))
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
