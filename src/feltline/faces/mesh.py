"""MediaPipe's models as plain functions: boxes of an image, the mesh of one region.

The packaged `FaceMesh` solution searches for faces on its own with a short-range
model that misses small faces, and hides which face is which. Here the two steps are
taken apart: a graph that holds nothing but the mesh model is fed the region to look
at, so that the caller decides when to search and a tracked face costs one mesh call.
"""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import numpy as np
from jaxtyping import Float32, UInt8

from feltline.errors import SetupError
from feltline.faces.align import upright_square

__all__ = [
    "N_LANDMARKS",
    "MeshModel",
    "load_mediapipe",
    "quiet_stderr",
    "region_of_box",
    "region_of_mesh",
]

N_LANDMARKS: Final = 478
"""468 points of the face and 5 of each iris."""

EYE_CORNERS: Final = (33, 263)
"""Outer corners of the right and the left eye; their line gives the head's roll."""

ROI_SCALE: Final = 1.5
"""Side of the region the mesh model looks at, in sides of the face's box. The value
MediaPipe's own pipeline uses, hence the one the model was trained with."""

_GRAPH: Final = """
input_stream: "image"
input_stream: "roi"
output_stream: "landmarks"
input_side_packet: "with_attention"
node {
  calculator: "FaceLandmarkCpu"
  input_stream: "IMAGE:image"
  input_stream: "ROI:roi"
  input_side_packet: "WITH_ATTENTION:with_attention"
  output_stream: "LANDMARKS:landmarks"
}
"""

Region = tuple[float, float, float, float]
"""Centre x, centre y, side (pixels) and rotation (radians) of a square region."""


@contextmanager
def quiet_stderr() -> Iterator[None]:
    """Keep what native code writes to stderr away from the user.

    MediaPipe and TensorFlow Lite log start-up notices from C++ that no Python setting
    reaches, and they would land in the middle of a progress bar.
    """
    sys.stderr.flush()
    saved = os.dup(2)
    sink = os.open(os.devnull, os.O_WRONLY)
    try:
        os.dup2(sink, 2)
        yield
    finally:
        os.dup2(saved, 2)
        os.close(saved)
        os.close(sink)


def load_mediapipe() -> Any:  # noqa: ANN401 - mediapipe ships no types
    """Import MediaPipe, or say in words what is missing.

    Raises:
        SetupError: The package or a system library it needs is not installed.
    """
    os.environ.setdefault("GLOG_minloglevel", "3")
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    try:
        with quiet_stderr():
            import mediapipe
    except ModuleNotFoundError as error:
        raise SetupError(
            "finding faces needs MediaPipe, which is not installed; install it with "
            "pip install 'feltline[faces]'"
        ) from error
    except ImportError as error:
        raise SetupError(
            f"MediaPipe is installed but does not load ({error}); its OpenCV needs the "
            f"system library libGL: on Debian or Ubuntu, apt-get install libgl1 "
            f"libglib2.0-0. `feltline doctor` checks this"
        ) from error
    return mediapipe


def region_of_box(box: Float32[np.ndarray, " 4"]) -> Region:
    """The upright region to look for a mesh in, given a detected box in pixels."""
    left, top, right, bottom = (float(v) for v in box)
    side = ROI_SCALE * max(right - left, bottom - top)
    return (left + right) / 2, (top + bottom) / 2, side, 0.0


def region_of_mesh(mesh: Float32[np.ndarray, "478 3"]) -> Region:
    """The region to look in next, given the mesh of the frame before (pixels)."""
    (x, y), side, roll = upright_square(mesh, *EYE_CORNERS)
    cos, sin = np.cos(roll), np.sin(roll)
    return float(cos * x - sin * y), float(sin * x + cos * y), ROI_SCALE * side, roll


class MeshModel:
    """The 478-point face mesh with refined lips and irises, one region at a time."""

    def __init__(self) -> None:
        package = load_mediapipe()
        from mediapipe.framework.formats import rect_pb2
        from mediapipe.python import packet_creator, packet_getter
        from mediapipe.python._framework_bindings import (
            calculator_graph,
            image_frame,
            resource_util,
        )

        self._rect = rect_pb2.NormalizedRect
        self._create, self._get = packet_creator, packet_getter
        self._srgb = image_frame.ImageFormat.SRGB
        self._latest: Any = None
        self._timestamp = 0
        # Model files are named relative to the folder that holds the package.
        resource_util.set_resource_dir(str(Path(package.__file__).parent.parent))
        with quiet_stderr():
            self._graph = calculator_graph.CalculatorGraph(graph_config=_GRAPH)
            self._graph.observe_output_stream("landmarks", self._receive, True)
            self._graph.start_run({"with_attention": packet_creator.create_bool(True)})
            # The model's delegate is made at the first image: let it log here.
            self.mesh(np.zeros((8, 8, 3), np.uint8), (4.0, 4.0, 8.0, 0.0))

    def _receive(self, _stream: str, packet: Any) -> None:  # noqa: ANN401
        self._latest = packet

    def mesh(
        self, rgb: UInt8[np.ndarray, "h w 3"], region: Region
    ) -> Float32[np.ndarray, "478 3"] | None:
        """Landmarks of the face in `region` in pixels, or None if there is no face.

        The model itself judges whether the region holds a face (presence above 0.5).
        Its z has the scale of x and is smaller towards the camera.
        """
        height, width = rgb.shape[:2]
        x, y, side, roll = region
        rect = self._rect(
            x_center=x / width,
            y_center=y / height,
            width=side / width,
            height=side / height,
            rotation=roll,
        )
        self._latest = None
        self._timestamp += 1
        image = self._create.create_image_frame(image_format=self._srgb, data=rgb)
        self._graph.add_packet_to_input_stream("image", image.at(self._timestamp))
        packet = self._create.create_proto(rect).at(self._timestamp)
        self._graph.add_packet_to_input_stream("roi", packet)
        self._graph.wait_until_idle()
        if self._latest is None or self._latest.is_empty():
            return None
        points = self._get.get_proto(self._latest).landmark
        flat = [value for p in points for value in (p.x, p.y, p.z)]
        scale = np.array([width, height, width], np.float32)
        return np.array(flat, np.float32).reshape(N_LANDMARKS, 3) * scale

    def mesh_in_box(
        self, rgb: UInt8[np.ndarray, "h w 3"], box: Float32[np.ndarray, " 4"]
    ) -> Float32[np.ndarray, "478 3"] | None:
        """Landmarks of the face in a detected box, or None if there is no face.

        Looks twice: the first mesh gives the region for the second, upright and
        centred, which is how the model sees a face that it follows.
        """
        rough = self.mesh(rgb, region_of_box(box))
        return None if rough is None else self.mesh(rgb, region_of_mesh(rough))

    def close(self) -> None:
        """Stop the graph and its thread."""
        self._graph.close_all_packet_sources()
        self._graph.wait_until_done()
