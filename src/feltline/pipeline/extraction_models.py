"""The models that extraction runs, kept for all videos of one process."""

from feltline.encoder import load_encoder
from feltline.faces import FullRangeDetector, MeshModel, PreCropped
from feltline.types import Encoder, FaceDetector

__all__ = ["ExtractionModels"]


class ExtractionModels:
    """Detector, mesh and encoders of one process: made when first needed, then kept.

    Each detector or mesh that is dropped without being closed leaks some 20 MiB and
    four threads, so one of these serves all videos of a command.
    """

    def __init__(self) -> None:
        self._detector: FullRangeDetector | None = None
        self._mesh: MeshModel | None = None
        self._encoders: dict[str, Encoder] = {}

    def __enter__(self) -> "ExtractionModels":
        return self

    def __exit__(self, *_error: object) -> None:
        self.close()

    @property
    def mesh(self) -> MeshModel:
        """The face mesh."""
        self._mesh = self._mesh or MeshModel()
        return self._mesh

    def detector(self, *, cropped: bool) -> FaceDetector:
        """The detector for whole frames, or for pictures that are one face each."""
        if cropped:
            return PreCropped()
        self._detector = self._detector or FullRangeDetector()
        return self._detector

    def encoder(self, name: str) -> Encoder:
        """An encoder by its name.

        Raises:
            EncoderError: It cannot be used.
        """
        if name not in self._encoders:
            self._encoders[name] = load_encoder(name)
        return self._encoders[name]

    def close(self) -> None:
        """Free detector and mesh."""
        for model in (self._detector, self._mesh):
            if model is not None:
                model.close()
        self._detector = self._mesh = None
