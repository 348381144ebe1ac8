"""The demo: the whole job on the embedded AWS, played on the shop's workload or a real trace."""

from foresail.demo.run import run_demo

__all__ = ["run_demo"]
