"""A least-recently-used cache within a budget of bytes."""

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable, Iterator
from contextlib import contextmanager
from typing import Generic, TypeVar

__all__ = ["BoundedCache"]

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")


class BoundedCache(Generic[K, V]):
    """Values that can be made anew; the least recently used go first.

    Safe under threads. A value is made outside the lock; who makes it `alone` is waited
    for by others that want the same one.

    Args:
        max_bytes: Budget; the newest value stays even where it alone exceeds it.
        size_of: Bytes of one value.
    """

    def __init__(self, max_bytes: int, size_of: Callable[[V], int]) -> None:
        self._max_bytes = max_bytes
        self._size_of = size_of
        self._values: OrderedDict[K, tuple[V, int]] = OrderedDict()
        self._n_bytes = 0
        self._lock = threading.Lock()
        self._making: dict[K, threading.Event] = {}

    def __len__(self) -> int:
        return len(self._values)

    def keys(self) -> list[K]:
        """Keys of the values that are kept."""
        with self._lock:
            return list(self._values)

    def get(self, key: K) -> V | None:
        """The value of a key, used just now; None where there is none."""
        with self._lock:
            found = self._values.get(key)
            if found is None:
                return None
            self._values.move_to_end(key)
            return found[0]

    @contextmanager
    def alone(self, key: K) -> Iterator[None]:
        """Make one value while no other thread makes it; look for it once more then."""
        mine = threading.Event()
        while (others := self._claim(key, mine)) is not mine:
            others.wait()
        try:
            yield
        finally:
            with self._lock:
                del self._making[key]
            mine.set()

    def _claim(self, key: K, mine: threading.Event) -> threading.Event:
        with self._lock:
            return self._making.setdefault(key, mine)

    def put(self, key: K, value: V) -> None:
        """Keep a value, and let go of those that no longer fit."""
        n_bytes = self._size_of(value)
        with self._lock:
            self._drop(key)
            self._values[key] = value, n_bytes
            self._n_bytes += n_bytes
            while self._n_bytes > self._max_bytes and len(self._values) > 1:
                self._drop(next(iter(self._values)))

    def drop(self, key: K) -> None:
        """Let go of one value, if it is there."""
        with self._lock:
            self._drop(key)

    def _drop(self, key: K) -> None:
        _, n_bytes = self._values.pop(key, (None, 0))
        self._n_bytes -= n_bytes
