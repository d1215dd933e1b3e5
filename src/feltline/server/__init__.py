"""The review page's server: one project, this machine, whoever holds the link."""

from feltline.server.app import create_app
from feltline.server.run import serve

__all__ = ["create_app", "serve"]
