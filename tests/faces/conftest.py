"""Pictures of the demo portrait and the models that look at them."""

from dataclasses import dataclass

import cv2
import numpy as np
import pytest

from feltline.faces import FaceDetection, FullRangeDetector, MeshModel
from feltline.lab.demo import Portrait, portrait_clip

WIDTH, HEIGHT = 320, 240


class CountingMesh(MeshModel):
    """Counts how often the model is asked."""

    def __init__(self):
        self.calls = 0
        super().__init__()
        self.calls = 0

    def mesh(self, rgb, region):
        self.calls += 1
        return super().mesh(rgb, region)


class CountingDetector:
    """Counts how often the detector is asked."""

    detector_id = "counting"

    def __init__(self, detector):
        self.detector = detector
        self.calls = 0

    def detect(self, rgb):
        self.calls += 1
        return self.detector.detect(rgb)


@dataclass(frozen=True)
class Stage:
    """What a tracker is played."""

    frames: tuple[np.ndarray, ...]

    def clip(self, count):
        return self.frames[:count]

    def pair(self, count):
        """The portrait twice: itself on the left, mirrored and later on the right."""
        shown = self.frames[:count], self.frames[::-1][:count]
        return [np.hstack([a, b[:, ::-1]]) for a, b in zip(*shown, strict=True)]

    @staticmethod
    def covered(rgb):
        """The picture with a plain board in front of the head."""
        hidden = rgb.copy()
        hidden[20:190, 90:230] = rgb[40:60, 40:60].mean(axis=(0, 1)).astype(np.uint8)
        return hidden

    @staticmethod
    def turned(rgb, degrees):
        """The picture turned clockwise about its middle, and the matrix that did it."""
        matrix = cv2.getRotationMatrix2D((WIDTH / 2, HEIGHT / 2), -degrees, 1.0)
        picture = cv2.warpAffine(
            rgb, matrix, (WIDTH, HEIGHT), borderMode=cv2.BORDER_REPLICATE
        )
        return np.asarray(picture, np.uint8), matrix

    @staticmethod
    def same(first, second):
        """Whether two detections agree in every bit."""
        return (
            first.track_id == second.track_id
            and first.time_s == second.time_s
            and first.quality == second.quality
            and np.array_equal(first.mesh, second.mesh)
            and np.array_equal(first.descriptor, second.descriptor)
        )

    @staticmethod
    def detection(box, look, track_id=0):
        """A made-up detection: a mesh that fills the box."""
        left, top, right, bottom = box
        mesh = np.zeros((478, 3), np.float32)
        mesh[:, 0] = np.linspace(left, right, 478)
        mesh[:, 1] = np.linspace(top, bottom, 478)
        return FaceDetection(
            track_id=track_id,
            mesh=mesh,
            quality=1.0,
            descriptor=np.asarray(look, np.float32),
            time_s=0.0,
        )


@pytest.fixture(scope="session")
def stage():
    clip = portrait_clip(seconds=2.0, rate_hz=25.0, width=WIDTH, height=HEIGHT, seed=0)
    return Stage(tuple(clip.frames()))


@pytest.fixture(scope="session")
def portrait():
    return Portrait.load(width=WIDTH, height=HEIGHT)


@pytest.fixture(scope="session")
def picture(portrait):
    return portrait.render(0.0, 0.0)


@pytest.fixture(scope="session")
def detector():
    return FullRangeDetector()


@pytest.fixture(scope="session")
def shared_mesh_model():
    return CountingMesh()


@pytest.fixture
def mesh_model(shared_mesh_model):
    shared_mesh_model.calls = 0
    return shared_mesh_model


@pytest.fixture
def counting(detector):
    return CountingDetector(detector)


@pytest.fixture(scope="session")
def mesh(picture, detector, shared_mesh_model):
    """The mesh of `picture`."""
    found = shared_mesh_model.mesh_in_box(picture, detector.detect(picture).box_xyxy[0])
    assert found is not None
    return found
