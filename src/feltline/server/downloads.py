"""Names of files that a page downloads."""

import re
from urllib.parse import quote

__all__ = ["attachment", "stem_of"]


def stem_of(project: str) -> str:
    """The name of a project as every system takes it for that of a file."""
    plain = re.sub(r'[\x00-\x1f\x7f/\\:*?"<>|]+', "_", project).strip(" .")
    return plain or "feltline"


def attachment(name: str) -> str:
    """The header for a file of this name (RFC 6266), whatever letters it has."""
    plain = name.encode("ascii", "replace").decode().replace("?", "_")
    return f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(name)}"
