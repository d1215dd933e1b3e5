"""`feltline encoders`: which encoders there are, what is known of one, add one."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from feltline.cli import options as o
from feltline.cli.show import figures, line, print_json

if TYPE_CHECKING:
    from feltline.encoder import EncoderCard

__all__ = ["ENCODERS"]

ENCODERS: Final = typer.Typer(
    no_args_is_help=True, help="Which encoders there are; add one of your own."
)

Named = Annotated[str, o.argument("NAME", "A known encoder, or a card (JSON).")]


@ENCODERS.command("list", epilog="Example: feltline encoders list")
def list_encoders(as_json: o.AsJson = False) -> None:
    """List the encoders that --encoder takes by name."""
    from feltline.encoder import GEOMETRY, known_cards

    cards = known_cards()
    if as_json:
        print_json([{"name": GEOMETRY}, *(_fields(card) for card in cards)])
        return
    rows = {GEOMETRY: "ready; shape of the face mesh, needs no weights"}
    rows |= {card.name: f"{_state(card)}; {card.licence}" for card in cards}
    figures("encoders", rows)
    line("Join several with +, such as affect-s+geometry.")


@ENCODERS.command("info", epilog="Example: feltline encoders info ferplus-s")
def info(name: Named, as_json: o.AsJson = False) -> None:
    """Show what is known of one encoder: input, licence, training data, figures."""
    from feltline.encoder import find_card

    fields = _fields(find_card(name))
    if as_json:
        print_json(fields)
        return
    notes = fields.pop("notes")
    figures(fields.pop("name"), {k: v for k, v in (fields | notes).items() if v})


@ENCODERS.command(
    "add", epilog="Example: feltline encoders add dino.onnx --card dinov2-s"
)
def add(
    model: Annotated[Path, o.argument("FILE.onnx", "The model.")],
    card: Annotated[str, o.option("A known encoder's card, or a file.")],
    as_json: o.AsJson = False,
) -> None:
    """Put a model file to a card: it is run once, copied, and known by name.

    Nothing is fetched. If the card has a hash, the file must have it too.
    """
    from feltline.encoder import add_encoder, find_card

    kept = add_encoder(model, find_card(card))
    if as_json:
        print_json(_fields(kept))
    else:
        line(f"{kept.name} is ready: --encoder {kept.name} ({kept.model_path})")


def _state(card: "EncoderCard") -> str:
    if not card.sha256:
        return "a card only, not verified here: feltline encoders add"
    return "ready" if card.is_verified else "ready, not verified"


def _fields(card: "EncoderCard") -> dict[str, Any]:
    return {
        "name": card.name,
        "state": _state(card),
        "file": str(card.model_path),
        "sha256": card.sha256,
        "input": f"{card.size} x {card.size}, {'grey' if card.grey else 'RGB'}",
        "outputs": ", ".join(card.outputs),
        "pair_heads": str(card.pair_heads.path) if card.pair_heads else "",
        "licence": card.licence,
        "training_data": ", ".join(card.training_data),
        "source": card.source,
        "notes": card.notes,
    }
