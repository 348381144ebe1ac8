"""The command line knows nothing of Prefect: it starts no server, and is as quick without it."""

from __future__ import annotations

import subprocess
import sys

NO_PREFECT = """
import sys
sys.modules["prefect"] = None  # importing it raises ImportError
from foresail.cli import main
sys.argv = ["foresail", *{words!r}]
main()
"""


def test_commands_run_where_prefect_is_not_installed():
    code = NO_PREFECT.format(words=["--help"])
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


def test_no_module_of_the_library_imports_it():
    code = (
        "import pkgutil, importlib, sys, foresail\n"
        "for one in pkgutil.walk_packages(foresail.__path__, 'foresail.'):\n"
        "    if not one.name.endswith('__main__'): importlib.import_module(one.name)\n"
        "sys.exit('prefect' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
