"""WorkSpaces pools: user sessions, through Application Auto Scaling."""

from __future__ import annotations

from typing import ClassVar

from foresail.targets.application_auto_scaling import ScalableTarget


class WorkspacesPool(ScalableTarget):
    """The user sessions that a pool of WorkSpaces can serve."""

    type_name: ClassVar[str] = "workspaces-pool"
    about: ClassVar[str] = "user sessions of a WorkSpaces pool"
    unit: ClassVar[str] = "user sessions"
    bounds: ClassVar[tuple[int, int | None]] = (1, None)
    namespace: ClassVar[str] = "workspaces"
    dimension: ClassVar[str] = "workspaces:workspacespool:DesiredUserSessions"
    pattern: ClassVar[str] = r"workspacespool/wspool-[0-9a-z]{6,63}"
    example: ClassVar[str] = "workspacespool/wspool-123456"


TARGET = WorkspacesPool
