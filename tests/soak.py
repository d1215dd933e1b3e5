"""How long what samples runs: `FELTLINE_SOAK` is read here and nowhere else.

1 in `make test`, more in `make soak`: seeds, sizes, walks and rounds grow with it.
"""

import os
from typing import Final

from hypothesis import settings

SOAK: Final = int(os.environ.get("FELTLINE_SOAK", "1"))
IS_SOAK: Final = SOAK > 1

PROFILE: Final = "soak" if IS_SOAK else "test"

settings.register_profile("test", max_examples=30, deadline=None)
settings.register_profile("soak", max_examples=30 * SOAK, deadline=None)


def examples(few: int) -> int:
    """How many examples of a property to draw, `few` in `make test`."""
    return few * SOAK
