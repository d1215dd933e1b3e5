"""Starting from an encoder: its graphs hold the network's weights by name."""

from dataclasses import replace
from pathlib import Path

import pytest
import torch

from feltline.encoder import find_card
from feltline.errors import EncoderError, InputError
from feltline.lab.training.network import AffectNetwork, NetworkOptions
from feltline.lab.training.options import OURS
from feltline.lab.training.torch_encoder import TorchEncoder
from feltline.lab.training.train_state import TrainState
from feltline.lab.training.weights import load_weights, weights_of_card


def _start(options, init_from):
    return TrainState.new(
        options, ("FER+",), torch.device("cpu"), narrow=False, init_from=init_from
    )


def test_a_run_can_start_from_the_shipped_encoder():
    state = _start(OURS, Path("ferplus-s"))
    card = find_card("ferplus-s")
    fresh = AffectNetwork(OURS.network)
    load_weights(fresh, weights_of_card(card, fresh), card.model_path)
    faces = torch.rand(3, 1, 48, 48)
    with torch.inference_mode():
        same = state.average.eval()(faces), fresh.eval()(faces)
    torch.testing.assert_close(same[0].expression, same[1].expression)
    assert TorchEncoder(fresh, torch.device("cpu")).crop_size == 48


def test_an_encoder_of_another_shape_is_refused():
    other = replace(OURS, network=NetworkOptions(embedding=32))
    with pytest.raises(InputError, match="is of another architecture"):
        _start(other, Path("ferplus-s"))


def test_a_graph_of_others_holds_no_weights_of_ours(tmp_path):
    import onnx
    from onnx import helper

    graph = helper.make_graph([], "empty", [], [])
    path = tmp_path / "other.onnx"
    onnx.save(helper.make_model(graph), path)
    card = replace(find_card("ferplus-s"), model_path=path, pair_heads=None)
    with pytest.raises(EncoderError, match="no graph that feltline exported"):
        weights_of_card(card, AffectNetwork(OURS.network))
    path.write_bytes(b"\xff\xff no graph")
    with pytest.raises(EncoderError, match="cannot be read as an ONNX file"):
        weights_of_card(card, AffectNetwork(OURS.network))
