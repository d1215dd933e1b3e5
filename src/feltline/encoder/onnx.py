"""Encoders in ONNX: a model file and a JSON card that says how to feed it.

```json
{
  "name": "ferplus-s",
  "file": "ferplus-s.onnx",
  "sha256": "...",
  "input": {"size": 64, "colour": "grey", "standardise": true},
  "outputs": {"embedding": "embedding", "valence_arousal": "valence_arousal",
              "expression": "expression"},
  "licence": "Apache-2.0",
  "training_data": ["FER+"]
}
```

`colour` is `rgb` or `grey`. With `standardise` each crop is brought to mean 0 and
standard deviation 1; otherwise pixels are scaled to [0, 1], then `mean` and `std` (one
number per channel) are applied. Inputs are float32 (batch, channel, size, size).
`embedding` is required among the outputs; `expression` gives logits in the order of
`feltline.types.EXPRESSIONS`.
"""

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
from jaxtyping import Float32, UInt8

from feltline.errors import EncoderError
from feltline.types import EXPRESSIONS, Embeddings, FaceBatch

__all__ = ["EncoderCard", "OnnxEncoder", "available_providers"]

PROVIDERS: Final = ("CUDAExecutionProvider", "CPUExecutionProvider")
"""Execution providers in order of preference."""
OUTPUTS: Final = ("embedding", "valence_arousal", "expression")
"""What a card may name among the outputs of its graph."""
_LUMA: Final = np.array([0.299, 0.587, 0.114], np.float32)


@dataclass(frozen=True, slots=True, kw_only=True)
class EncoderCard:
    """What is known of an encoder: how to feed it, and where it comes from.

    Attributes:
        name: Short name.
        model_path: The ONNX file.
        sha256: Hash that the file must have.
        size: Side of the aligned crop in pixels.
        grey: Whether it wants one grey channel instead of RGB.
        standardise: Whether each crop is brought to mean 0 and deviation 1.
        mean: Per channel, subtracted from pixels in [0, 1] if not standardised.
        std: Per channel, divided by after `mean`.
        outputs: Names of the graph's outputs, by `embedding`, `valence_arousal` and
            `expression`.
        licence: Licence of the weights.
        training_data: Corpora it has seen.
    """

    name: str
    model_path: Path
    sha256: str
    size: int
    grey: bool
    standardise: bool
    mean: tuple[float, ...]
    std: tuple[float, ...]
    outputs: dict[str, str]
    licence: str
    training_data: tuple[str, ...]

    @classmethod
    def read(cls, path: Path) -> "EncoderCard":
        """Read a card from its JSON file.

        Raises:
            EncoderError: The file is missing, no JSON, or lacks a field.
        """
        try:
            card = json.loads(path.read_text(encoding="utf-8"))
        except FileNotFoundError:
            raise EncoderError(
                f"there is no encoder card at {path}; give the path of a card (JSON), "
                f"or 'geometry' for the encoder that needs no weights"
            ) from None
        except (OSError, ValueError) as error:
            raise EncoderError(
                f"{path} cannot be read as a JSON card ({error}); docs/encoders.md "
                f"shows one"
            ) from error
        try:
            return cls._from_fields(path, card)
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise EncoderError(
                f"the card {path} lacks or misspells a field ({error!r}); "
                f"docs/encoders.md shows all of them"
            ) from error

    @classmethod
    def _from_fields(cls, path: Path, card: dict[str, Any]) -> "EncoderCard":
        fed = card["input"]
        if fed["colour"] not in ("rgb", "grey"):
            raise ValueError(f"colour must be rgb or grey, not {fed['colour']}")
        channels = 1 if fed["colour"] == "grey" else 3
        mean = tuple(float(v) for v in fed.get("mean", [0.0] * channels))
        std = tuple(float(v) for v in fed.get("std", [1.0] * channels))
        if len(mean) != channels or len(std) != channels or min(std) <= 0:
            raise ValueError(f"mean and std need {channels} numbers, std above 0")
        outputs = {str(k): str(v) for k, v in card["outputs"].items()}
        if "embedding" not in outputs or not set(outputs) <= set(OUTPUTS):
            raise ValueError(f"outputs must name an embedding, and only {OUTPUTS}")
        if int(fed["size"]) < 8:
            raise ValueError(f"size must be at least 8 pixels, not {fed['size']}")
        return cls(
            name=str(card["name"]),
            model_path=path.parent / str(card["file"]),
            sha256=str(card["sha256"]).lower(),
            size=int(fed["size"]),
            grey=fed["colour"] == "grey",
            standardise=bool(fed.get("standardise", False)),
            mean=mean,
            std=std,
            outputs=outputs,
            licence=str(card["licence"]),
            training_data=tuple(str(name) for name in card["training_data"]),
        )


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
                model, or lacks an output that the card names.
        """
        import onnxruntime

        self._card = card
        weights = self._verified(card)
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        options.log_severity_level = 3
        try:
            self._session = onnxruntime.InferenceSession(
                weights, options, providers=available_providers()
            )
        except Exception as error:  # its errors share no public root
            raise EncoderError(
                f"{card.model_path} is not a model that ONNX Runtime can load: {error}"
            ) from error
        has = {output.name for output in self._session.get_outputs()}
        absent = sorted(set(card.outputs.values()) - has)
        if absent:
            raise EncoderError(
                f"{card.model_path} has no output named {', '.join(absent)}; it has "
                f"{', '.join(sorted(has))}. Correct `outputs` in the card"
            )
        self._input = self._session.get_inputs()[0].name
        self.crop_size = card.size
        feeding = (card.size, card.grey, card.standardise, card.mean, card.std)
        digest = hashlib.sha256(f"{card.sha256}{feeding}{card.outputs}".encode())
        self.encoder_id = f"{card.name}-{digest.hexdigest()[:12]}"

    @staticmethod
    def _verified(card: EncoderCard) -> bytes:
        try:
            weights = card.model_path.read_bytes()
        except OSError as error:
            raise EncoderError(
                f"the card {card.name} names {card.model_path}, which cannot be read "
                f"({error.strerror}); put the file there"
            ) from error
        digest = hashlib.sha256(weights).hexdigest()
        if digest != card.sha256:
            raise EncoderError(
                f"{card.model_path} is not the file of the card {card.name}: its "
                f"sha256 is {digest}, the card says {card.sha256}. Get the right "
                f"file, or write a card for this one"
            )
        return weights

    def encode(self, faces: FaceBatch) -> Embeddings:
        """Embeddings of a batch of aligned crops, in its order."""
        names = list(self._card.outputs)
        try:
            values = self._session.run(
                [self._card.outputs[name] for name in names],
                {self._input: self._prepared(faces.crop)},
            )
        except Exception as error:  # its errors share no public root
            wants = f"{self._card.size} pixels, {'grey' if self._card.grey else 'rgb'}"
            said = " ".join(str(error).split())
            raise EncoderError(
                f"{self._card.model_path} does not take what its card says ({wants}): "
                f"{said} Correct `input` in the card"
            ) from error
        out = dict(zip(names, values, strict=True))
        n, classes = len(faces.crop), len(EXPRESSIONS)
        for name, width in (("valence_arousal", 2), ("expression", classes)):
            if name in out and out[name].shape != (n, width):
                raise EncoderError(
                    f"output {self._card.outputs[name]} of {self._card.model_path} has "
                    f"shape {out[name].shape}; expected {(n, width)} for {name}"
                )
        no_va = np.full((n, 2), np.nan, np.float32)
        va = np.clip(out.get("valence_arousal", no_va), -1, 1)
        expression = np.full((n, classes), np.nan, np.float32)
        if "expression" in out:
            expression = _softmax(out["expression"])
        return Embeddings(
            encoder_id=self.encoder_id,
            vector=np.asarray(out["embedding"], np.float32).reshape(n, -1),
            prior_va=np.asarray(va, np.float32),
            prior_expression=np.asarray(expression, np.float32),
        )

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


def _softmax(logits: Float32[np.ndarray, "b c"]) -> Float32[np.ndarray, "b c"]:
    grown = np.exp(logits - logits.max(axis=1, keepdims=True))
    return np.asarray(grown / grown.sum(axis=1, keepdims=True), np.float32)
