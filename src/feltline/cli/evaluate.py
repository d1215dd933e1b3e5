"""`feltline evaluate`: judge an encoder on a labelled corpus."""

from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

from feltline.cli import options as o
from feltline.cli.packages import need
from feltline.cli.show import figures, notice, print_json, progress
from feltline.errors import InputError

if TYPE_CHECKING:
    from feltline.lab.training.scores import FaceScores, PairScores


@o.example(
    "Examples: feltline evaluate ferplus-s ferplus data/ferplus --pairs 20000; "
    "feltline evaluate runs/mine/best.safetensors ferplus data/ferplus"
)
def evaluate(
    encoder: Annotated[
        str,
        o.argument(
            "ENCODER", "A known encoder, a card (JSON), or a checkpoint (.safetensors)."
        ),
    ],
    kind: o.CorpusKind,
    path: o.CorpusPath,
    split: Annotated[str, o.option("Which split of it.")] = "test",
    folds: o.FoldsFile = None,
    heads: Annotated[
        Literal["own", "mlp", "linear"],
        o.option(
            "own = what the encoder itself says; mlp (the paper's) and linear = "
            "heads fitted to --fit-split on its features."
        ),
    ] = "own",
    fit_split: Annotated[
        str, o.option("What --heads mlp and linear are fitted to.")
    ] = "train",
    pairs: Annotated[
        int, o.option("Compare this many pairs too; 0 = none.", min=0)
    ] = 0,
    seed: Annotated[int, o.option("Of what is random: pairs, mlp.", min=0)] = 0,
    confusion: Annotated[
        Path | None, o.option("Draw the confusion of expressions here (PNG).")
    ] = None,
    force: o.Force = False,
    as_json: o.AsJson = False,
) -> None:
    """Judge an encoder on a labelled corpus, face by face and in pairs.

    Valence and arousal: RMSE, MAE, PCC, CCC, SAGR. Expressions: accuracy, macro F1.
    Pairs, drawn by the sampler of MT-CLAR: similarity (accuracy, AUC), and CCC of the
    differences, from the pair heads and from two single predictions.
    """
    from feltline.formats import replacing_output
    from feltline.lab.datasets import read_dataset
    from feltline.lab.training.candidate import CHECKPOINT, load_candidate
    from feltline.lab.training.confusion import draw_confusion
    from feltline.lab.training.evaluate import evaluate_faces, evaluate_pairs
    from feltline.render import check_picture_path

    if confusion is not None:
        check_picture_path(confusion)
    o.check_outputs([confusion], force=force)
    faces = read_dataset(kind, path, split, folds=folds)
    if heads != "own" and split == fit_split:
        raise InputError(
            f"heads fitted to {fit_split} say nothing when judged on it; give another "
            f"--split or --fit-split"
        )
    if encoder.endswith(CHECKPOINT):
        need("train")
    candidate = load_candidate(encoder, with_heads=pairs > 0)
    has_seen = faces.corpus in candidate.corpora
    with progress("faces", quiet=as_json, unit="faces") as tell:
        bar = partial(tell, split)
        if heads == "own":
            single = evaluate_faces(candidate.encoder, faces, progress=bar)
        else:
            need("train")
            from feltline.lab.training.supervised import evaluate_supervised

            single = evaluate_supervised(
                candidate.encoder,
                "mlp" if heads == "mlp" else "linear",
                fit=read_dataset(kind, path, fit_split, folds=folds),
                faces=faces,
                seed=seed,
                progress=bar,
            )
        compared = None
        if candidate.heads is not None:
            compared = evaluate_pairs(
                candidate.encoder, candidate.heads, faces, pairs=pairs, seed=seed
            )
    if confusion is not None:
        if single.expression is None:
            raise InputError(
                f"{faces.corpus} {split} has no expressions to draw; leave out "
                f"--confusion"
            )
        with replacing_output(confusion, force=force):
            draw_confusion(confusion, single.expression.confusion, title=encoder)
    result = {
        "encoder": encoder,
        "heads": heads,
        "corpus": faces.corpus,
        "split": split,
        "trained_on_this_corpus": has_seen,
        "faces": len(faces),
        "left_out": faces.left_out,
        "affect": single.affect and asdict(single.affect),
        "expression": single.expression and asdict(single.expression),
        "pairs": compared and asdict(compared),
    }
    if as_json:
        print_json(result)
        return
    if has_seen:
        notice(
            f"{encoder} was trained on {faces.corpus}: only a split that it has not "
            f"seen says anything of other faces"
        )
    figures(f"{encoder} on {faces.corpus} {split}", _rows(single, compared))


def _rows(single: "FaceScores", compared: "PairScores | None") -> dict[str, Any]:
    rows: dict[str, Any] = {}
    if single.affect is not None:
        a = single.affect
        rows["faces with valence and arousal"] = a.faces
        for name in ("rmse", "mae", "pcc", "ccc", "sagr"):
            rows[f"{name.upper()}, valence / arousal"] = _both(getattr(a, name))
    if single.expression is not None:
        e = single.expression
        rows["faces with an expression"] = e.faces
        rows["accuracy"] = f"{e.accuracy:.4f}"
        rows["macro F1"] = f"{e.macro_f1:.4f}"
    if compared is not None:
        rows["pairs"] = compared.pairs
        rows["alike or not: accuracy"] = f"{compared.accuracy:.4f}"
        rows["alike or not: AUC"] = f"{compared.auc:.4f}"
        for name, values in (
            ("pair heads", compared.ccc),
            ("two single predictions", compared.ccc_single),
        ):
            if values is not None:
                rows[f"CCC of differences, {name}"] = _both(values)
    return rows


def _both(values: dict[str, float]) -> str:
    return f"{values['valence']:.4f} / {values['arousal']:.4f}"
