import json

import numpy as np
import pytest
import torch

from feltline.encoder import EncoderCard, OnnxEncoder, OnnxPairHeads, load_encoder
from feltline.errors import EncoderError
from feltline.lab.training import export
from feltline.lab.training.checkpoint import Checkpoint
from feltline.lab.training.evaluate import encode_faces, evaluate_faces, evaluate_pairs
from feltline.lab.training.network import AffectNetwork
from feltline.lab.training.torch_encoder import TorchEncoder
from feltline.types import FaceBatch


@pytest.fixture(scope="module")
def network():
    from feltline.lab.training.network import NetworkOptions

    torch.manual_seed(0)
    made = AffectNetwork(NetworkOptions(embedding=16, pair_widths=(8,))).eval()
    for layer in made.modules():  # statistics as if it had seen faces
        if isinstance(layer, torch.nn.BatchNorm2d):
            torch.nn.init.normal_(_tensor(layer.running_mean), 0, 0.1)
            torch.nn.init.uniform_(_tensor(layer.running_var), 0.5, 2)
    return made


@pytest.fixture(scope="module")
def checkpoint(network):
    from feltline.lab.training.options import TrainOptions

    weights = {f"average.{k}": v for k, v in network.state_dict().items()}
    return Checkpoint(
        options=TrainOptions(network=network.options),
        corpora=("FER+",),
        tensors=weights,
    )


@pytest.fixture(scope="module")
def card(checkpoint, tmp_path_factory):
    folder = tmp_path_factory.mktemp("exported")
    return export.export_encoder(
        checkpoint,
        folder / "best.safetensors",
        folder,
        "mine",
        cut=(0.04, 0.05),
        about={"licence": "CC0-1.0", "source": "a test"},
    )


def _tensor(maybe):
    assert maybe is not None
    return maybe


def _crops(n):
    rng = np.random.default_rng(0)
    return rng.integers(256, size=(n, 48, 48, 3), dtype=np.uint8)


def _encode(encoder, n):
    mesh = np.zeros((n, 478, 3), np.float32)
    return encoder.encode(FaceBatch(mesh=mesh, crop=_crops(n)))


@pytest.mark.parametrize("n", [1, 5, 33])
def test_the_graph_says_what_the_network_says(card, network, n):
    graph = _encode(OnnxEncoder(card), n)
    told = _encode(TorchEncoder(network, torch.device("cpu")), n)
    for name in ("vector", "zero_shot_value", "zero_shot_expression"):
        np.testing.assert_allclose(
            getattr(graph, name), getattr(told, name), atol=export.PARITY
        )


@pytest.mark.parametrize("n", [1, 6])
def test_the_graph_of_pairs_compares_as_the_network_does(card, network, n):
    rng = np.random.default_rng(1)
    pair = [rng.normal(size=(n, 16)).astype(np.float32) for _ in range(2)]
    graph = OnnxPairHeads(card).compare(*pair)
    told = TorchEncoder(network, torch.device("cpu")).compare(*pair)
    for one, other in zip(graph, told, strict=True):
        np.testing.assert_allclose(one, other, atol=export.PARITY)
    with pytest.raises(EncoderError, match="does not compare embeddings of shape"):
        OnnxPairHeads(card).compare(pair[0][:, :9], pair[1][:, :9])


def test_the_card_says_where_it_comes_from_and_how_to_cut(card):
    assert card.training_data == ("FER+",)
    assert (card.licence, card.source) == ("CC0-1.0", "a test")
    assert (card.size, card.margin, card.lift, card.grey) == (48, 0.04, 0.05, True)
    encoder = load_encoder(str(card.path))
    assert (encoder.crop_margin, encoder.crop_lift) == (0.04, 0.05)


def test_graphs_do_not_tell_where_they_were_made(card):
    assert card.pair_heads is not None
    for path in (card.model_path, card.pair_heads.path):
        content = path.read_bytes()
        assert b".py" not in content
        assert b"site-packages" not in content


def test_a_changed_file_is_refused(card, tmp_path):
    folder = tmp_path / "copy"
    folder.mkdir()
    for path in (card.path, card.model_path, card.pair_heads.path):
        (folder / path.name).write_bytes(path.read_bytes())
    with (folder / card.pair_heads.path.name).open("ab") as file:
        file.write(b"x")
    copy = EncoderCard.read(folder / card.path.name)
    OnnxEncoder(copy)
    with pytest.raises(EncoderError, match=r"mine-pairs\.onnx is not the file"):
        OnnxPairHeads(copy)


def test_a_graph_that_differs_is_refused(checkpoint, tmp_path, monkeypatch):
    monkeypatch.setattr(export, "PARITY", -1.0)
    with pytest.raises(EncoderError, match="differs from the network"):
        export.export_encoder(
            checkpoint,
            tmp_path / "x",
            tmp_path,
            "mine",
            cut=(0.1, 0.0),
            about={"licence": "none"},
        )


def test_graph_and_network_are_judged_alike(card, network, split):
    torch_encoder = TorchEncoder(network, torch.device("cpu"))
    one = evaluate_faces(OnnxEncoder(card), split.valid).flat()
    again_one = evaluate_faces(torch_encoder, split.valid).flat()
    assert one == pytest.approx(again_one, abs=1e-3)
    heads = OnnxPairHeads(card)
    pairs = evaluate_pairs(OnnxEncoder(card), heads, split.valid, pairs=100)
    again = evaluate_pairs(torch_encoder, torch_encoder, split.valid, pairs=100)
    assert pairs.auc == pytest.approx(again.auc, abs=0.02)
    assert pairs.pairs == 100


def test_embeddings_are_kept_only_where_wanted(card, split):
    whole = encode_faces(OnnxEncoder(card), split.valid)
    told: list[tuple[int, int]] = []
    without = encode_faces(
        OnnxEncoder(card),
        split.valid,
        keep_vectors=False,
        progress=lambda done, of: told.append((done, of)),
    )
    assert whole.vector.shape == (32, 16)
    assert without.vector.shape == (32, 0)
    assert told[-1] == (32, 32)


def test_an_encoder_of_meshes_cannot_be_judged_on_pictures(split):
    with pytest.raises(EncoderError, match="looks at meshes"):
        evaluate_faces(load_encoder("geometry"), split.valid)


def test_the_card_on_disk_is_plain_json(card):
    written = json.loads(card.path.read_text())
    assert set(written["outputs"]) == {"embedding", "valence_arousal", "expression"}
