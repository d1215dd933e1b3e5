"""Networks in ONNX: faces to embeddings, and pairs of embeddings to differences."""

import hashlib
from pathlib import Path
from typing import Any, Final, NamedTuple

import numpy as np
from jaxtyping import Float32, UInt8
from scipy.special import softmax

from feltline.encoder.card import EncoderCard, Output, verified_bytes
from feltline.encoder.external_data import external_files
from feltline.encoder.readout import Readout
from feltline.errors import EncoderError, ShapeError
from feltline.types import EXPRESSIONS, Embeddings, FaceBatch

__all__ = ["Comparison", "OnnxEncoder", "OnnxPairHeads", "available_providers"]

PROVIDERS: Final = ("CUDAExecutionProvider", "CPUExecutionProvider")
"""Execution providers in order of preference."""
PAIR_INPUTS: Final = ("first", "second")
PAIR_OUTPUTS: Final = ("alike", "difference")
_LUMA: Final = np.array([0.299, 0.587, 0.114], np.float32)


def available_providers() -> list[str]:
    """ONNX Runtime's execution providers on this machine, best first."""
    import onnxruntime

    here = onnxruntime.get_available_providers()
    return [name for name in PROVIDERS if name in here]


class OnnxEncoder:
    """An encoder that runs a network in ONNX Runtime, on the GPU where there is one."""

    def __init__(self, card: EncoderCard, *, threads: int = 0) -> None:
        """Load and check the model.

        Args:
            card: Says how to feed it.
            threads: Threads for one face batch; 0 lets ONNX Runtime choose.

        Raises:
            EncoderError: The file is missing, is not the one of the card, is no ONNX
                model, or lacks an output that the card names; or its readout is that
                of another encoder.
        """
        self._card = card
        if not card.sha256:
            raise EncoderError(
                f"{card.name} is only a card so far: its weights do not come with "
                f"feltline. {card.source}. Then: feltline encoders add FILE.onnx "
                f"--card {card.name}"
            )
        content = verified_bytes(card.model_path, card.sha256, card.name)
        wanted = {output.name for output in card.outputs.values()}
        self._session = _session(card.model_path, content, wanted, threads)
        self._input = self._session.get_inputs()[0].name
        self.crop_size, self.crop_margin = card.size, card.margin
        self.crop_lift = card.lift
        cut = (card.size, card.margin, card.lift)
        feeding = (cut, card.grey, card.standardise, card.mean, card.std)
        self._readout = _readout_of(card)
        read_by = "" if card.readout is None else card.readout.sha256
        digest = hashlib.sha256(
            f"{card.sha256}{feeding}{card.outputs}{read_by}".encode()
        )
        self.encoder_id = f"{card.name}-{digest.hexdigest()[:12]}"
        if card.readout is not None:
            self._check_readout(card.readout.path)

    def _check_readout(self, path: Path) -> None:
        """Encode a blank face: graphs need not say how wide their embedding is."""
        side = self.crop_size
        blank = FaceBatch(
            mesh=np.zeros((1, 478, 3), np.float32),
            crop=np.zeros((1, side, side, 3), np.uint8),
        )
        try:
            self.encode(blank)
        except ShapeError as error:
            raise EncoderError(
                f"{path} does not belong to {self._card.model_path}: {error}. Correct "
                f"`readout` in the card {self._card.name}, or learn one for it: "
                f"feltline train KIND PATH --recipe readout"
            ) from error

    def encode(self, faces: FaceBatch) -> Embeddings:
        """Embeddings of a batch of aligned crops, in its order."""
        out = self._run(faces.crop)
        n, classes = len(faces.crop), len(EXPRESSIONS)
        for name, width in (("valence_arousal", 2), ("expression", classes)):
            if name in out and out[name].shape != (n, width):
                raise EncoderError(
                    f"output {self._card.outputs[name].name} of "
                    f"{self._card.model_path} has shape {out[name].shape}; expected "
                    f"{(n, width)} for {name}"
                )
        va = np.clip(out.get("valence_arousal", np.full((n, 2), np.nan)), -1, 1)
        logits = out.get("expression", np.full((n, classes), np.nan))
        vector = np.asarray(out["embedding"], np.float32)
        probability = softmax(logits, axis=1).astype(np.float32)
        if self._readout is not None:
            va = self._readout.value(vector, probability)
        return Embeddings(
            encoder_id=self.encoder_id,
            vector=vector,
            zero_shot_value=np.asarray(va, np.float32),
            zero_shot_expression=probability,
        )

    def _run(self, crop: UInt8[np.ndarray, "b s s 3"]) -> dict[str, np.ndarray]:
        """The outputs that the card names, columns in our order."""
        wanted = self._card.outputs
        names = sorted({output.name for output in wanted.values()})
        try:
            values = self._session.run(names, {self._input: self._prepared(crop)})
        except Exception as error:  # its errors share no public root
            wants = f"{self._card.size} pixels, {'grey' if self._card.grey else 'rgb'}"
            said = " ".join(str(error).split())
            raise EncoderError(
                f"{self._card.model_path} does not take what its card says ({wants}): "
                f"{said} Correct `input` in the card"
            ) from error
        given = dict(zip(names, values, strict=True))
        out = {
            kind: self._columns(output, given[output.name])
            for kind, output in wanted.items()
        }
        return out | {"embedding": out["embedding"].reshape(len(crop), -1)}

    def _columns(self, output: Output, value: np.ndarray) -> np.ndarray:
        if not output.columns:
            return value
        if value.ndim != 2 or value.shape[1] <= max(output.columns):
            raise EncoderError(
                f"output {output.name} of {self._card.model_path} has shape "
                f"{value.shape}; the card asks for its column {max(output.columns)}"
            )
        return value[:, list(output.columns)]

    def _prepared(
        self, crop: UInt8[np.ndarray, "b s s 3"]
    ) -> Float32[np.ndarray, "..."]:
        """Crops as the network wants them: (b, channel, s, s)."""
        card = self._card
        pixels = crop.astype(np.float32) / 255
        if card.grey:
            pixels = (pixels @ _LUMA)[..., None]
        if card.standardise:
            axes = (1, 2, 3)
            spread = pixels.std(axis=axes, keepdims=True)
            pixels = (pixels - pixels.mean(axis=axes, keepdims=True)) / (spread + 1e-5)
        else:
            mean, std = np.array(card.mean), np.array(card.std)
            pixels = ((pixels - mean) / std).astype(np.float32)
        return np.ascontiguousarray(np.moveaxis(pixels, 3, 1), np.float32)


class Comparison(NamedTuple):
    """What pair heads say of pairs of faces."""

    alike: Float32[np.ndarray, " p"]
    """Probability that the expressions are one."""
    difference: Float32[np.ndarray, "p 2"]
    """Valence and arousal of the second less those of the first, in [-2, 2]."""


class OnnxPairHeads:
    """The heads of MT-CLAR that compare two embeddings of one encoder."""

    def __init__(self, card: EncoderCard, *, threads: int = 0) -> None:
        """Load and check the graph that the card names.

        Raises:
            EncoderError: The card names none, or the file is missing, is not the one
                of the card, or lacks an output.
        """
        if card.pair_heads is None:
            raise EncoderError(
                f"{card.name} has no heads that compare faces; use an encoder whose "
                f"card names pair_heads, such as affect-s"
            )
        self._path = card.pair_heads.path
        content = verified_bytes(self._path, card.pair_heads.sha256, card.name)
        self._session = _session(self._path, content, set(PAIR_OUTPUTS), threads)

    def compare(
        self, first: Float32[np.ndarray, "p d"], second: Float32[np.ndarray, "p d"]
    ) -> Comparison:
        """Compare embeddings row by row.

        Raises:
            EncoderError: They are not of the width that the heads take.
        """
        fed = dict(zip(PAIR_INPUTS, (first, second), strict=True))
        try:
            alike, difference = self._session.run(list(PAIR_OUTPUTS), fed)
        except Exception as error:  # its errors share no public root
            said = " ".join(str(error).split())
            raise EncoderError(
                f"{self._path} does not compare embeddings of shape {first.shape} and "
                f"{second.shape}: {said}"
            ) from error
        shares = softmax(np.asarray(alike, np.float32), axis=1)[:, 1]
        return Comparison(shares, np.asarray(difference, np.float32))


def _readout_of(card: EncoderCard) -> Readout | None:
    if card.readout is None:
        return None
    verified_bytes(card.readout.path, card.readout.sha256, card.name)
    return Readout.read(card.readout.path)


def _session(path: Path, content: bytes, wanted: set[str], threads: int) -> Any:  # noqa: ANN401
    """A model that has these outputs, ready to run; onnxruntime ships no types."""
    import onnxruntime

    if others := external_files(content):
        raise EncoderError(
            f"{path} keeps weights in a second file ({', '.join(others[:3])}), which "
            f"would be looked for elsewhere each time; feltline takes models that are "
            f"one file, known by one hash. With the onnx package, save it as one: "
            f"onnx.save_model(onnx.load({path.name!r}), 'one-file.onnx')"
        )
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.log_severity_level = 3
    # Between batches its threads would spin, and take the processor from decoding and
    # meshing (`benchmarks/extract_speed.py`: 2.5 became 2.3).
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    try:
        session = onnxruntime.InferenceSession(
            content, options, providers=available_providers()
        )
    except Exception as error:  # its errors share no public root
        raise EncoderError(
            f"{path} is not a model that ONNX Runtime can load: {error}"
        ) from error
    has = {output.name for output in session.get_outputs()}
    absent = sorted(wanted - has)
    if absent:
        raise EncoderError(
            f"{path} has no output named {', '.join(absent)}; it has "
            f"{', '.join(sorted(has))}. Correct `outputs` in the card"
        )
    return session
