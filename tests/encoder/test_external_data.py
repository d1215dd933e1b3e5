"""Models that keep weights in a second file are refused, wherever they are loaded."""

import hashlib
import json

import numpy as np
import onnx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from onnx import TensorProto, external_data_helper, helper, numpy_helper

from feltline.encoder import EncoderCard, OnnxPairHeads, add_encoder, load_encoder
from feltline.encoder.external_data import external_files
from feltline.errors import EncoderError


@pytest.fixture(autouse=True)
def shelf(tmp_path, monkeypatch):
    folder = tmp_path / "shelf"
    monkeypatch.setenv("FELTLINE_ENCODERS", str(folder))
    return folder


def tensor(name, location=None):
    """Some weights, in the model or in another file."""
    made = numpy_helper.from_array(np.arange(12, dtype=np.float32).reshape(3, 4), name)
    if location is not None:
        external_data_helper.set_external_data(made, location)
        made.ClearField("raw_data")
    return made


def graph_of(nodes, initializers, name="tiny", outputs=("flat",)):
    value = helper.make_tensor_value_info
    return helper.make_graph(
        nodes,
        name,
        [value("faces", TensorProto.FLOAT, ["n", 3, 8, 8])],
        [value(out, TensorProto.FLOAT, None) for out in outputs],
        initializers,
    )


def model_of(kind, location):
    """A model with a tensor in each place where one may be."""
    flat = helper.make_node("Flatten", ["faces"], ["flat"])
    weights = tensor("w", location)
    functions = []
    match kind:
        case "initializer":
            graph = graph_of([flat], [tensor("v"), weights])
        case "constant":
            constant = helper.make_node("Constant", [], ["c"], value=weights)
            graph = graph_of([flat, constant], [])
        case "subgraph":
            inner = helper.make_graph([], "inner", [], [], [weights])
            branch = helper.make_node(
                "If", ["b"], ["i"], then_branch=inner, else_branch=inner
            )
            graph = graph_of([flat, branch], [])
        case "sparse":
            graph = graph_of([flat], [])
            indices = numpy_helper.from_array(np.arange(12), "at")
            graph.sparse_initializer.append(
                helper.make_sparse_tensor(weights, indices, [3, 4])
            )
        case "function":
            graph = graph_of([flat], [])
            constant = helper.make_node("Constant", [], ["c"], value=weights)
            functions = [
                helper.make_function(
                    "own", "f", [], ["c"], [constant], [helper.make_opsetid("", 17)]
                )
            ]
    return helper.make_model(
        graph,
        opset_imports=[helper.make_opsetid("", 17)],
        ir_version=8,
        functions=functions,
    ).SerializeToString()


KINDS = ("initializer", "constant", "subgraph", "sparse", "function")


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    "location", ["weights.bin", "model.onnx.data", "../out.bin", "/etc/x", "a/b.bin"]
)
def test_a_second_file_is_found_wherever_it_is_named(kind, location):
    assert external_files(model_of(kind, location)) == [location]
    assert external_files(model_of(kind, None)) == []


@pytest.fixture
def split(workshop):
    """A working model whose weights were moved to a second file."""
    workshop.model(heads=[("va", 2)])
    whole = onnx.load(workshop.folder / "tiny.onnx")
    onnx.save_model(
        *(whole, workshop.folder / "split.onnx"),
        save_as_external_data=True,
        location="weights.bin",
        size_threshold=0,
    )
    return workshop.folder / "split.onnx"


def card_of(workshop, model, **more):
    return EncoderCard.read(workshop.card(workshop.fields(model) | more))


def test_adding_it_is_refused_with_what_to_do(workshop, split, shelf, monkeypatch):
    """It was ready, and failed wherever the second file was not."""
    monkeypatch.chdir(split.parent)
    card = card_of(workshop, "split.onnx", sha256="")
    with pytest.raises(EncoderError, match=r"second file \(weights\.bin\).*save_model"):
        add_encoder(split, card)
    assert not shelf.exists()


@pytest.mark.parametrize("is_there", [True, False])
def test_so_is_a_card_that_names_it(workshop, split, is_there):
    if not is_there:
        (split.parent / "weights.bin").unlink()
    path = workshop.card(workshop.fields("split.onnx"))
    with pytest.raises(EncoderError, match="second file"):
        load_encoder(str(path))


def test_so_are_pair_heads(workshop, split):
    workshop.model()
    digest = hashlib.sha256(split.read_bytes()).hexdigest()
    heads = {"file": "split.onnx", "sha256": digest}
    card = card_of(workshop, "tiny.onnx", pair_heads=heads)
    with pytest.raises(EncoderError, match="second file"):
        OnnxPairHeads(card)
    with pytest.raises(EncoderError, match="second file"):
        add_encoder(workshop.folder / "tiny.onnx", card)


def test_saved_as_one_file_it_is_taken(workshop, split, shelf):
    whole = onnx.load(split)
    onnx.save_model(whole, workshop.folder / "one.onnx")
    (split.parent / "weights.bin").unlink()
    kept = add_encoder(
        workshop.folder / "one.onnx", card_of(workshop, "one.onnx", sha256="")
    )
    assert kept.model_path == shelf / "tiny.onnx"


def test_what_the_card_names_beside_the_graph_is_kept_too(workshop, shelf):
    """The card named files that stayed where they were."""
    workshop.model()
    held = workshop.folder / "ref.npz"
    np.savez(held, x=np.zeros(2))
    digest = hashlib.sha256(held.read_bytes()).hexdigest()
    side = {"file": "ref.npz", "sha256": digest}
    card = card_of(workshop, "tiny.onnx", reference_distribution=side)
    kept = add_encoder(workshop.folder / "tiny.onnx", card)
    held.unlink()
    assert kept.reference_distribution is not None
    path = kept.reference_distribution.path
    assert path.parent == shelf
    assert hashlib.sha256(path.read_bytes()).hexdigest() == digest


@pytest.mark.parametrize("how", ["missing", "another"])
def test_a_file_beside_the_graph_that_is_not_right_is_refused(workshop, how):
    workshop.model()
    if how == "another":
        (workshop.folder / "ref.npz").write_bytes(b"x")
    side = {"file": "ref.npz", "sha256": "0" * 64}
    card = card_of(workshop, "tiny.onnx", reference_distribution=side)
    with pytest.raises(EncoderError, match=r"ref\.npz"):
        add_encoder(workshop.folder / "tiny.onnx", card)


@pytest.mark.parametrize("name", ["../evil", "a/b", "..", ".hidden", ""])
def test_a_name_that_leads_out_of_the_folder_is_refused(workshop, tmp_path, name):
    workshop.model()
    card = card_of(workshop, "tiny.onnx", name=name)
    with pytest.raises(EncoderError, match="no plain name"):
        add_encoder(workshop.folder / "tiny.onnx", card)
    assert not list(tmp_path.rglob("evil*"))


@given(st.binary(max_size=60))
def test_bytes_that_are_no_model_are_none(noise):
    assert isinstance(external_files(noise), list)


@given(st.integers(0, 400), st.integers(0, 255))
def test_a_damaged_model_is_no_fault_of_ours(at, byte):
    model = bytearray(model_of("subgraph", "w.bin"))
    model[at % len(model)] = byte
    assert isinstance(external_files(bytes(model)), list)
    assert isinstance(external_files(bytes(model[: at % len(model)])), list)


def test_json_of_a_kept_card_is_whole(workshop, shelf):
    workshop.model()
    add_encoder(workshop.folder / "tiny.onnx", card_of(workshop, "tiny.onnx"))
    assert json.loads((shelf / "tiny.json").read_text())["verified"] is True
