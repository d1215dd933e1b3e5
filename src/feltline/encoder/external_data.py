"""ONNX external data: tensors whose values lie in another file than the model.

Only as much of the protobuf format (wire types 0 and 2) and of `onnx.proto` is known
here as it takes to find them; the `onnx` package is not needed to run a model.
"""

from collections.abc import Iterator, Mapping
from typing import Final

__all__ = ["external_files"]

_PARTS: Final[Mapping[str, Mapping[int, str]]] = {
    "model": {7: "graph", 20: "training", 25: "function"},
    "training": {1: "graph", 2: "graph"},
    "graph": {1: "node", 5: "tensor", 15: "sparse"},
    "function": {7: "node", 11: "attribute"},
    "node": {5: "attribute"},
    "attribute": {5: "tensor", 6: "graph", 10: "tensor", 11: "graph"}
    | {22: "sparse", 23: "sparse"},
    "sparse": {1: "tensor", 2: "tensor"},
}
"""Fields of each message that may hold tensors, and what they hold."""
_EXTERNAL_DATA, _DATA_LOCATION, _EXTERNAL = 13, 14, 1
_KEY, _VALUE = 1, 2
_VARINT, _FIXED64, _BYTES, _FIXED32 = 0, 1, 2, 5


def external_files(model: bytes) -> list[str]:
    """Files in which a model keeps values of tensors, as it names them; sorted.

    Empty for a model that is whole in one file, and for bytes that are no model.
    """
    try:
        return sorted(set(_external_in("model", memoryview(model))))
    except (ValueError, IndexError):
        return []


def _external_in(kind: str, message: memoryview) -> Iterator[str]:
    if kind == "tensor":
        yield from _external_of(message)
        return
    parts = _PARTS[kind]
    for number, value in _fields(message):
        if number in parts and isinstance(value, memoryview):
            yield from _external_in(parts[number], value)


def _external_of(tensor: memoryview) -> Iterator[str]:
    """The file of a tensor, if its values are not in the model."""
    location, is_external = "", False
    for number, value in _fields(tensor):
        if number == _DATA_LOCATION:
            is_external = value == _EXTERNAL
        elif number == _EXTERNAL_DATA and isinstance(value, memoryview):
            entry = {n: bytes(v) for n, v in _fields(value) if not isinstance(v, int)}
            if entry.get(_KEY) == b"location":
                location = entry.get(_VALUE, b"").decode("utf-8", "replace")
    if is_external:
        yield location or "unnamed"


def _fields(message: memoryview) -> Iterator[tuple[int, int | memoryview]]:
    """Number and value of each field of a protobuf message.

    Raises:
        ValueError: It is no such message.
        IndexError: It is cut off.
    """
    at = 0
    while at < len(message):
        tag, at = _varint(message, at)
        wire = tag & 7
        if wire == _VARINT:
            value, at = _varint(message, at)
            yield tag >> 3, value
        elif wire == _BYTES:
            size, at = _varint(message, at)
            if size > len(message) - at:
                raise ValueError("a field is longer than its message")
            yield tag >> 3, message[at : at + size]
            at += size
        elif wire in (_FIXED64, _FIXED32):
            at += 8 if wire == _FIXED64 else 4
        else:
            raise ValueError(f"unknown wire type {wire}")


def _varint(message: memoryview, at: int) -> tuple[int, int]:
    """A number of seven bits a byte, and where it ends."""
    value = shift = 0
    while True:
        byte = message[at]
        value |= (byte & 0x7F) << shift
        at, shift = at + 1, shift + 7
        if not byte & 0x80:
            return value, at
        if shift > 63:
            raise ValueError("a number is too long")
