"""Where faces are read from: memory, or picture files as they are needed."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import UInt8
from PIL import Image

from feltline.datasets.faceset import Rows

__all__ = ["InMemory"]


@dataclass(frozen=True, slots=True, eq=False)
class InMemory:
    """Grey faces that fit into memory, in their own size."""

    grey: UInt8[np.ndarray, "n s s"]

    def read(self, rows: Rows, size: int) -> UInt8[np.ndarray, "r t t 1"]:
        """See `Pictures.read`."""
        faces = self.grey[rows]
        if faces.shape[1] != size:
            scaled = [Image.fromarray(f).resize((size, size)) for f in faces]
            faces = np.array(scaled, np.uint8).reshape(-1, size, size)
        return np.asarray(faces[..., None])
