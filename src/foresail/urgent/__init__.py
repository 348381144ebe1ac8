"""A plan before its time: an event is read, demand is held against the forecast, floors rise."""

from foresail.urgent.calls import Call, Point
from foresail.urgent.events import Refusal, read_event
from foresail.urgent.replan import replan_urgently

__all__ = ["Call", "Point", "Refusal", "read_event", "replan_urgently"]
