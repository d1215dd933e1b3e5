from dataclasses import replace

import pytest
from tests.lab.training.corpus import make_ferplus

from feltline.lab.datasets import read_dataset
from feltline.lab.training.options import OURS
from feltline.lab.training.train import Split


@pytest.fixture(scope="session")
def corpus(tmp_path_factory):
    return make_ferplus(tmp_path_factory.mktemp("ferplus"))


@pytest.fixture(scope="session")
def split(corpus):
    return Split(
        train=read_dataset("ferplus", corpus, "train"),
        valid=read_dataset("ferplus", corpus, "valid"),
    )


@pytest.fixture
def quick():
    """Two short epochs."""
    network = replace(OURS.network, embedding=16, pair_widths=(8,))
    return replace(OURS, network=network, epochs=2, batch=16, learning_rate=0.02)
