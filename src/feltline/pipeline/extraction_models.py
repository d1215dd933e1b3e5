"""The models that extraction runs, kept for all videos of one process."""

from contextlib import ExitStack
from functools import cached_property

from feltline.encoder import load_encoder
from feltline.faces import FullRangeDetector, MeshModel, PreCropped
from feltline.types import Encoder, FaceDetector

__all__ = ["ExtractionModels"]


class ExtractionModels(ExitStack):
    """Detector, mesh and encoders of one process: made when first needed, then kept.

    Each detector or mesh that is dropped without being closed leaks some 20 MiB and
    four threads, so one of these serves all videos of a command, and closes them.
    """

    def __init__(self) -> None:
        super().__init__()
        self._encoders: dict[str, Encoder] = {}

    @cached_property
    def mesh(self) -> MeshModel:
        """The face mesh."""
        made = MeshModel()
        self.callback(made.close)
        return made

    @cached_property
    def _full_range(self) -> FullRangeDetector:
        made = FullRangeDetector()
        self.callback(made.close)
        return made

    def detector(self, *, cropped: bool) -> FaceDetector:
        """The detector for whole frames, or for pictures that are one face each."""
        return PreCropped() if cropped else self._full_range

    def encoder(self, name: str) -> Encoder:
        """An encoder by its name.

        Raises:
            EncoderError: It cannot be used.
        """
        if name not in self._encoders:
            self._encoders[name] = load_encoder(name)
        return self._encoders[name]
