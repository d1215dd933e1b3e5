"""Names of methods, selections and mixes as they are written on a command line."""

from collections.abc import Sequence

from feltline.errors import InputError
from feltline.lab.bench.methods import CEILINGS, METHODS
from feltline.lab.bench.mtclar import NEEDS_PAIR_HEADS
from feltline.project.encoder_extras import has_pair_heads

__all__ = ["listed", "methods_named", "named"]


def listed(text: str) -> list[str]:
    """What commas join, without spaces and empty parts."""
    return [part.strip() for part in text.split(",") if part.strip()]


def named(text: str, what: str, known: Sequence[str], of: str = "") -> list[str]:
    """Names that commas join.

    Args:
        text: Names joined by commas.
        what: What they name, for the message.
        known: Which there are.
        of: What these belong to, for the message.

    Raises:
        InputError: One is not known, or there is none.
    """
    names = listed(text)
    unknown = [name for name in names if name not in known]
    if unknown or not names:
        raise InputError(
            f"there is no {what} {', '.join(unknown) or '(none given)'}{of}; give some "
            f"of {', '.join(known)}"
        )
    return names


def methods_named(text: str, encoder: str) -> list[str]:
    """Methods that commas join; `all` that fit the encoder, or `all+ceilings`.

    Raises:
        InputError: There is no such method, or it needs pair heads that the encoder
            lacks.
    """
    fit = list(METHODS)
    if not has_pair_heads(encoder):
        fit = [name for name in fit if name not in NEEDS_PAIR_HEADS]
    if text == "all":
        return fit
    if text == "all+ceilings":
        return [*fit, *CEILINGS]
    return named(text, "method", [*fit, *CEILINGS], f" for {encoder}")
