"""Tiny networks in ONNX and their cards."""

import hashlib
import json

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

SIZE = 8


class Workshop:
    """Builds networks whose embedding is exactly what they are fed."""

    size = SIZE

    def __init__(self, folder):
        self.folder = folder

    def model(self, name="tiny.onnx", *, channels=3, heads=(), seed=0):
        """Outputs: the flattened input, and one linear map of the mean per head."""
        rng = np.random.default_rng(seed)
        nodes = [
            helper.make_node("Flatten", ["faces"], ["flat"]),
            helper.make_node("GlobalAveragePool", ["faces"], ["pool"]),
            helper.make_node("Flatten", ["pool"], ["mean"]),
        ]
        outputs = [
            helper.make_tensor_value_info(
                "flat", TensorProto.FLOAT, ["n", channels * SIZE * SIZE]
            )
        ]
        weights = {}
        for head, width in heads:
            matrix = rng.normal(0, 4, (channels, width)).astype(np.float32)
            weights[head] = matrix
            nodes.append(helper.make_node("MatMul", ["mean", f"w_{head}"], [head]))
            outputs.append(
                helper.make_tensor_value_info(head, TensorProto.FLOAT, ["n", width])
            )
        graph = helper.make_graph(
            nodes,
            "tiny",
            [
                helper.make_tensor_value_info(
                    "faces", TensorProto.FLOAT, ["n", channels, SIZE, SIZE]
                )
            ],
            outputs,
            [numpy_helper.from_array(w, f"w_{h}") for h, w in weights.items()],
        )
        model = helper.make_model(
            graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8
        )
        onnx.checker.check_model(model)
        (self.folder / name).write_bytes(model.SerializeToString())
        return weights

    def fields(self, name="tiny.onnx", *, outputs=None, **feed):
        """What a card for this model says."""
        content = (self.folder / name).read_bytes()
        return {
            "name": "tiny",
            "file": name,
            "sha256": hashlib.sha256(content).hexdigest(),
            "input": {"size": SIZE, "colour": "rgb", **feed},
            "outputs": {"embedding": "flat", **(outputs or {})},
            "licence": "CC0-1.0",
            "training_data": ["nothing"],
        }

    def card(self, fields, name="card.json"):
        path = self.folder / name
        path.write_text(json.dumps(fields), encoding="utf-8")
        return path


@pytest.fixture
def workshop(tmp_path):
    return Workshop(tmp_path)


@pytest.fixture
def crops():
    rng = np.random.default_rng(7)
    return rng.integers(0, 256, (5, SIZE, SIZE, 3), dtype=np.uint8)
