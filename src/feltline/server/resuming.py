"""Goes on, when a project is opened, with what an earlier server left undone."""

import logging

from feltline.errors import FeltlineError
from feltline.server.context import Served
from feltline.server.uploads import interrupted_uploads

__all__ = ["resume"]

logger = logging.getLogger(__name__)


def resume(served: Served) -> None:
    """Go on with jobs that an earlier server left, and with uploads that have none."""
    resumed = served.jobs.resume(rater=served.rater)
    claimed = {name for asked in resumed for name in asked.get("uploads", ())}
    try:
        uploads = interrupted_uploads(served.project)
    except (FeltlineError, OSError):
        logger.exception("uploads that were interrupted cannot be listed")
        return
    if left := [name for name in uploads if name not in claimed]:
        served.jobs.start("add", {"uploads": left, "paths": []}, rater=served.rater)
