"""Run ``python -m foresail.cli``."""

from foresail.cli import main

main()
