"""People of a project: roles, and the permissions that come with them (RBAC)."""

from collections.abc import Mapping
from typing import Final, Literal

__all__ = ["ROLE_PERMISSIONS", "Permission", "Role", "TokenScope"]

Role = Literal["owner", "lead", "rater", "viewer"]
"""What a user is in one project; each may do what the next one may, and more."""

Permission = Literal["read", "judge", "lead", "manage", "admin"]
"""What a request needs. `read`: see the project through the rater's own view; `judge`:
give judgements; `lead`: see everybody's and decide for all; `manage`: members, videos,
settings. `admin` is of the server, not of a project: no role gives it."""

TokenScope = Literal["read", "judge", "lead", "manage"]
"""What an API token may be limited to."""

ROLE_PERMISSIONS: Final[Mapping[Role, frozenset[Permission]]] = {
    "viewer": frozenset({"read"}),
    "rater": frozenset({"read", "judge"}),
    "lead": frozenset({"read", "judge", "lead"}),
    "owner": frozenset({"read", "judge", "lead", "manage"}),
}
"""The permissions that each role gives in its project."""
