"""YAML as people write it: read safely, a key twice refused, mistakes told with their line."""

from __future__ import annotations

from typing import Any

import yaml

from foresail.errors import InputError


def parse_yaml(text: str, source: str, *, error: type[InputError] = InputError) -> Any:
    """Parse YAML text.

    Parameters
    ----------
    text
        What to parse.
    source
        Where it comes from, for messages.
    error
        Kind of error to raise.

    Raises
    ------
    InputError
        Naming the source and the line.
    """
    try:
        return yaml.load(text, Loader=_Loader)  # noqa: S506  # a SafeLoader
    except (yaml.YAMLError, ValueError) as problem:
        mark = getattr(problem, "problem_mark", None)
        where = f", line {mark.line + 1}, column {mark.column + 1}" if mark else ""
        what = getattr(problem, "problem", None) or getattr(problem, "reason", None) or problem
        raise error(
            f"{source}{where}: malformed YAML: {what}", cure="mend the indentation or quoting there"
        ) from problem


class _Loader(yaml.SafeLoader):
    """Refuses a key that is written twice, where YAML would silently take the last."""

    def construct_mapping(self, node: Any, deep: bool = False) -> dict[Any, Any]:
        seen: list[Any] = []
        for key, _ in node.value:
            if key.value in seen:
                raise yaml.constructor.ConstructorError(
                    None, None, f"the key {key.value} stands twice", key.start_mark
                )
            seen.append(key.value)
        return super().construct_mapping(node, deep)
