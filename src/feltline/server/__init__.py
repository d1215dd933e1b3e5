"""The server of the pages: a user's projects, this machine, whoever has the link."""

from feltline.server.app import create_app
from feltline.server.known_projects import KnownProjects
from feltline.server.media_roots import MediaRoots
from feltline.server.run import is_free, serve
from feltline.server.security import Credentials, People, PublicAddress
from feltline.server.served_projects import ServedProjects

__all__ = [
    "Credentials",
    "KnownProjects",
    "MediaRoots",
    "People",
    "PublicAddress",
    "ServedProjects",
    "create_app",
    "is_free",
    "serve",
]
