"""ONNX export: from a checkpoint to two graphs and their card.

One graph takes faces to embedding, valence and arousal, and expression; the other
compares pairs of embeddings. Both are run against the network before they are kept.
"""

import hashlib
import json
import logging
import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor, nn

from feltline.atomic import replacing
from feltline.encoder import EncoderCard, OnnxEncoder, OnnxPairHeads
from feltline.errors import EncoderError
from feltline.lab.training.checkpoint import Checkpoint
from feltline.lab.training.network import AffectNetwork, PairHeads
from feltline.lab.training.weights import load_weights

__all__ = ["PARITY", "CropCut", "export_encoder", "network_of"]

PARITY: Final = 1e-4
"""Largest difference allowed between a graph and the network it was made from."""
OPSET: Final = 18
_PROBES: Final = 5
_EXAMPLES: Final = 7
"""Unlike any other size in the graph, which the exporter would take for the same."""
_FACE_OUTPUTS: Final = ("embedding", "valence_arousal", "expression")
_PAIR_INPUTS: Final = ("first", "second")
_PAIR_OUTPUTS: Final = ("alike", "difference")

CropCut = tuple[float, float]
"""Margin and lift of the crop, as `feltline.faces.aligned_crop` takes them."""


class _FaceGraph(nn.Module):
    """What a face's graph gives: valence and arousal within their range."""

    def __init__(self, network: AffectNetwork) -> None:
        super().__init__()
        self.network = network

    def forward(self, faces: Float[Tensor, "b c s s"]) -> tuple[Tensor, Tensor, Tensor]:
        seen = self.network(faces)
        return seen.embedding, seen.affect.clamp(-1, 1), seen.expression


class _PairGraph(nn.Module):
    """What a pair's graph gives, as plain tensors."""

    def __init__(self, heads: PairHeads) -> None:
        super().__init__()
        self.heads = heads

    def forward(self, first: Tensor, second: Tensor) -> tuple[Tensor, Tensor]:
        compared = self.heads(first, second)
        return compared.alike, compared.difference


def network_of(checkpoint: Checkpoint, path: Path) -> AffectNetwork:
    """The averaged network of a checkpoint, ready to look at faces.

    Raises:
        InputError: The weights do not fit the options beside them.
    """
    network = AffectNetwork(checkpoint.options.network)
    load_weights(network, checkpoint.part("average"), path)
    return network.eval()


def export_encoder(
    checkpoint: Checkpoint,
    path: Path,
    folder: Path,
    name: str,
    *,
    cut: CropCut,
    about: dict[str, Any],
) -> EncoderCard:
    """Write `NAME.onnx`, `NAME-pairs.onnx` and the card `NAME.json`.

    Args:
        checkpoint: What `train` wrote.
        path: Where it came from, for messages.
        folder: Where to write.
        name: Of the encoder.
        cut: How tightly faces are to be cut for it.
        about: More fields of the card: licence, source, notes.

    Raises:
        EncoderError: A graph does not compute what the network does.
        SetupError: A package or disk space is missing.
    """
    network = network_of(checkpoint, path)
    options = checkpoint.options.network
    faces = torch.randn(_EXAMPLES, options.channels, options.size, options.size)
    both = (
        torch.randn(_EXAMPLES, options.embedding),
        torch.randn(_EXAMPLES, options.embedding),
    )
    files = {"face": folder / f"{name}.onnx", "pair": folder / f"{name}-pairs.onnx"}
    _write(_FaceGraph(network), (faces,), files["face"], ("faces",), _FACE_OUTPUTS)
    _write(_PairGraph(network.pairs), both, files["pair"], _PAIR_INPUTS, _PAIR_OUTPUTS)
    card = {
        "name": name,
        "file": files["face"].name,
        "sha256": _hash(files["face"]),
        "input": {
            "size": options.size,
            "colour": "grey" if options.channels == 1 else "rgb",
            "standardise": True,
            "margin": cut[0],
            "lift": cut[1],
        },
        "outputs": {output: output for output in _FACE_OUTPUTS},
        "pair_heads": {"file": files["pair"].name, "sha256": _hash(files["pair"])},
        "training_data": list(checkpoint.corpora),
        "verified": True,
    } | about
    written = folder / f"{name}.json"
    with replacing(written) as scratch:
        scratch.write_text(json.dumps(card, indent=2) + "\n", encoding="utf-8")
    read = EncoderCard.read(written)
    _check_parity(network, read)
    return read


def _write(
    graph: nn.Module,
    example: tuple[Tensor, ...],
    path: Path,
    inputs: Sequence[str],
    outputs: Sequence[str],
) -> None:
    """One graph, with a batch of any size."""
    graph.eval()
    batch = torch.export.Dim("batch", min=1)
    # It also says at length that torchvision, which nothing here needs, is missing.
    logging.getLogger("torch.onnx._internal.exporter").setLevel(logging.ERROR)
    with replacing(path) as scratch, warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the exporter's own, of its own libraries
        program = torch.onnx.export(
            graph,
            example,
            input_names=list(inputs),
            output_names=list(outputs),
            dynamic_shapes=tuple({0: batch} for _ in example),
            opset_version=OPSET,
            dynamo=True,
            verbose=False,
        )
        if program is None:
            raise EncoderError(f"torch made no graph for {path}")
        # The exporter notes which lines of which files a node came from: the folders of
        # whoever exports are nobody's business, and made two exports differ.
        for node in program.model.graph.all_nodes():
            node.metadata_props.clear()
            node.doc_string = None
        program.save(str(scratch), external_data=False)


def _check_parity(network: AffectNetwork, card: EncoderCard) -> None:
    """Compare graphs and network on random faces.

    Raises:
        EncoderError: They differ by more than `PARITY`.
    """
    import onnxruntime

    rng = np.random.default_rng(0)
    options = network.options
    shape = (_PROBES, options.channels, options.size, options.size)
    faces = rng.normal(size=shape).astype(np.float32)
    session = onnxruntime.InferenceSession(str(card.model_path))
    given = session.run(list(_FACE_OUTPUTS), {"faces": faces})
    with torch.inference_mode():
        told = _FaceGraph(network)(torch.from_numpy(faces))
        first = told[0]
        second = first.flip(0)
        compared = network.pairs(first, second)
    pairs = OnnxPairHeads(card).compare(
        first.numpy().copy(), np.ascontiguousarray(second.numpy())
    )
    alike = torch.softmax(compared.alike, dim=1)[:, 1]
    want = [*told, alike, compared.difference]
    for have, tensor in zip([*given, *pairs], want, strict=True):
        gap = float(np.abs(have - tensor.numpy()).max())
        if not gap <= PARITY:
            raise EncoderError(
                f"{card.model_path} differs from the network by {gap:.2g}, more than "
                f"{PARITY:g}; report this with the versions of torch and onnxruntime"
            )
    OnnxEncoder(card)


def _hash(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()
