"""Clips of the demo portrait, alone, in pairs, hidden and as crops."""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

from feltline.lab.demo import portrait_clip
from feltline.video import VideoWriter

WIDTH, HEIGHT, RATE = 320, 240, 25
CROP = 24


def covered(rgb):
    """The picture with a plain board in front of the head."""
    hidden = rgb.copy()
    hidden[20:190, 90:230] = rgb[40:60, 40:60].mean(axis=(0, 1)).astype(np.uint8)
    return hidden


@dataclass(frozen=True)
class Studio:
    """Writes videos; tests must not change the shared ones."""

    folder: Path
    frames: Sequence[np.ndarray]

    @staticmethod
    def write(path, frames):
        height, width, _ = frames[0].shape
        with VideoWriter(path, width=width, height=height, rate=RATE) as writer:
            for rgb in frames:
                writer.write(np.ascontiguousarray(rgb))
        return path

    def shared(self, name, make):
        path = self.folder / f"{name}.mp4"
        return path if path.exists() else self.write(path, make())

    def clip(self):
        return self.shared("clip", lambda: self.frames)

    def pair(self):
        """From frame 10 on a second, mirrored face beside the first."""

        def make():
            beside = [covered(rgb) if i < 10 else rgb for i, rgb in self.numbered()]
            return [
                np.hstack([a, b[:, ::-1]])
                for a, b in zip(self.frames, beside, strict=True)
            ][:36]

        return self.shared("pair", make)

    def interrupted_view(self):
        """Hidden over the end of a part, with another picture later on."""

        def make():
            frames = [
                covered(rgb) if 17 <= i < 23 else rgb for i, rgb in self.numbered()
            ]
            frames[33:35] = [255 - rgb for rgb in frames[33:35]]
            return frames

        return self.shared("interrupted", make)

    def seen_only(self, name, seen, count):
        """A face in these frames only."""

        def make():
            shown = [rgb if i in seen else covered(rgb) for i, rgb in self.numbered()]
            return shown[:count]

        return self.shared(name, make)

    def crops(self, folder, count=6):
        folder.mkdir()
        for number, rgb in list(self.numbered())[:count]:
            bgr = cv2.cvtColor(rgb[30:200, 75:245], cv2.COLOR_RGB2BGR)
            assert cv2.imwrite(str(folder / f"{number:03d}.png"), bgr)
        return folder

    def numbered(self):
        return list(enumerate(self.frames))

    @staticmethod
    def network(folder):
        """A card of a network: the mean colour, and a linear map of it."""
        rng = np.random.default_rng(0)
        matrix = rng.normal(0, 1, (3, 2)).astype(np.float32)
        value = helper.make_tensor_value_info
        graph = helper.make_graph(
            [
                helper.make_node("GlobalAveragePool", ["faces"], ["pool"]),
                helper.make_node("Flatten", ["pool"], ["colour"]),
                helper.make_node("MatMul", ["colour", "matrix"], ["va"]),
            ],
            "tiny",
            [value("faces", TensorProto.FLOAT, ["n", 3, CROP, CROP])],
            [
                value("colour", TensorProto.FLOAT, ["n", 3]),
                value("va", TensorProto.FLOAT, ["n", 2]),
            ],
            [numpy_helper.from_array(matrix, "matrix")],
        )
        model = helper.make_model(
            graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8
        )
        weights = model.SerializeToString()
        onnx.checker.check_model(model)
        (folder / "tiny.onnx").write_bytes(weights)
        card = {
            "name": "tiny",
            "file": "tiny.onnx",
            "sha256": hashlib.sha256(weights).hexdigest(),
            "input": {"size": CROP, "colour": "rgb"},
            "outputs": {"embedding": "colour", "valence_arousal": "va"},
            "licence": "CC0-1.0",
            "training_data": [],
        }
        path = folder / "tiny.json"
        path.write_text(json.dumps(card))
        return path


@pytest.fixture(scope="session")
def studio(tmp_path_factory):
    clip = portrait_clip(seconds=2.0, rate_hz=25.0, width=WIDTH, height=HEIGHT, seed=0)
    return Studio(tmp_path_factory.mktemp("clips"), list(clip.frames()))


@pytest.fixture
def clip(studio):
    return studio.clip()


@pytest.fixture
def cache(tmp_path):
    return tmp_path / "cache"
