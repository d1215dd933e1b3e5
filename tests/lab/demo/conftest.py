import pytest

from feltline.lab.demo import Portrait


@pytest.fixture(scope="session")
def portrait() -> Portrait:
    return Portrait.load(320, 240)
