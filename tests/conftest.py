import os
from pathlib import Path

import pytest


@pytest.fixture
def data():
    """The folder of real clips."""
    folder = os.environ.get("FELTLINE_DATA")
    if not folder:
        pytest.skip("FELTLINE_DATA does not name the folder of the real clips")
    return Path(folder) / "clips"
