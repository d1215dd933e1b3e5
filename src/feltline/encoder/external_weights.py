"""Which other files an ONNX graph keeps weights in, read without the onnx package.

An ONNX file is a protocol buffer. Tensors stand in the graph, in attributes of nodes,
and in graphs inside of these; one whose weights are kept elsewhere names that file in
`external_data` (github.com/onnx/onnx, onnx.proto3).
"""

from collections.abc import Iterator
from typing import Final

__all__ = ["external_files"]

_VARINT: Final = 0
_FIXED_64: Final = 1
_BYTES: Final = 2
_FIXED_32: Final = 5

_EXTERNAL_DATA: Final = 13
_KEY, _VALUE = 1, 2
_INSIDE: Final = {
    "model": {7: "graph"},
    "graph": {1: "node", 5: "tensor", 15: "sparse"},
    "node": {5: "attribute"},
    "attribute": {5: "tensor", 6: "graph", 10: "tensor", 11: "graph", 22: "sparse"},
    "sparse": {1: "tensor", 2: "tensor"},
}
"""Messages that may hold tensors, and the numbers of their fields that do."""


def external_files(model: bytes) -> tuple[str, ...]:
    """Names of files that weights of this model are kept in, sorted.

    What is no protocol buffer names none.
    """
    try:
        return tuple(sorted(set(_named("model", memoryview(model)))))
    except (IndexError, ValueError):
        return ()


def _named(kind: str, message: memoryview) -> Iterator[str]:
    if kind == "tensor":
        for number, entry in _fields(message):
            if number == _EXTERNAL_DATA:
                pair = {n: bytes(v).decode() for n, v in _fields(entry)}
                if pair.get(_KEY) == "location":
                    yield pair.get(_VALUE, "")
        return
    inside = _INSIDE[kind]
    for number, part in _fields(message):
        if number in inside:
            yield from _named(inside[number], part)


def _fields(message: memoryview) -> Iterator[tuple[int, memoryview]]:
    """Number and content of each field that has bytes; the others are passed over."""
    at = 0
    while at < len(message):
        tag, at = _varint(message, at)
        kind = tag & 7
        if kind == _BYTES:
            size, at = _varint(message, at)
            if at + size > len(message):
                raise ValueError("a field is longer than its message")
            yield tag >> 3, message[at : at + size]
            at += size
        elif kind == _VARINT:
            _, at = _varint(message, at)
        elif kind in (_FIXED_64, _FIXED_32):
            at += 8 if kind == _FIXED_64 else 4
        else:
            raise ValueError(f"there are no fields of kind {kind}")


def _varint(message: memoryview, at: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        byte = message[at]
        value |= (byte & 0x7F) << shift
        at, shift = at + 1, shift + 7
        if byte < 0x80:
            return value, at
