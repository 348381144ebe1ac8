"""Runs commands as the shell would, but in this process: their imports are paid once."""

from __future__ import annotations

import sys
from dataclasses import dataclass

import pytest

from foresail.cli import main


@dataclass
class Done:
    """How a command ended, and what it told."""

    returncode: int
    stdout: str
    stderr: str


def in_process(shop, monkeypatch, capsys):
    """Give a function like the fixture `shop` is, for foresail's own commands."""

    def run(*words, cwd=shop.folder, env=None):
        with monkeypatch.context() as here:
            here.chdir(cwd)
            here.setattr(sys, "argv", ["foresail", *words])
            for name, value in {**shop.endpoint, "COLUMNS": "120", **(env or {})}.items():
                here.setenv(name, value) if value is not None else here.delenv(name, raising=False)
            capsys.readouterr()
            with pytest.raises(SystemExit) as end:
                main()
        return Done(end.value.code or 0, *capsys.readouterr())

    run.folder, run.endpoint = shop.folder, shop.endpoint
    return run
