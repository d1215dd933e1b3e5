"""How raters agree, and which methods are as good as one more rater.

**Human parity** is the error of a single rater against the mean of the others, as RMSE
over clips; a method reaches it if its error against the mean of all is no larger.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float64, Int64

from feltline.lab.bench.clips import Clip, Corpus
from feltline.lab.bench.scores import Row, rmse_by_person
from feltline.lab.bench.selection import labels_of
from feltline.types import DIMENSIONS

__all__ = [
    "ClassAgreement",
    "Parity",
    "agreement_sentences",
    "class_agreement",
    "labels_for_parity",
    "parity_of",
    "with_parity",
]

_NONE = "none"
_CEILING = "all"


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Parity:
    """Error of a single rater against the mean of the others.

    Attributes:
        clips: Numbers of the clips that several raters rated.
        persons: Number of the person in each.
        squares: Mean squared error of each, all raters in turn.
    """

    clips: Int64[np.ndarray, " c"]
    persons: Int64[np.ndarray, " c"]
    squares: Float64[np.ndarray, "c 2"]

    @property
    def rmse(self) -> Float64[np.ndarray, " 2"]:
        """RMSE over clips, per dimension."""
        return np.asarray(np.sqrt(self.squares.mean(axis=0)))

    @property
    def rmse_person(self) -> Float64[np.ndarray, " 2"]:
        """The same with equal weight per person."""
        return rmse_by_person(self.squares, self.persons)


@dataclass(frozen=True, slots=True, kw_only=True)
class ClassAgreement:
    """How raters agree in the class of frames that at least two gave one.

    Attributes:
        frames: How many there are.
        unanimous: Share on whose class all agree.
        plurality: Share with one class ahead of the others, but not of all raters.
        tied: Frames without a plurality: none is the reference.
        single_rater: How often a rater gives the plurality of the others, where these
            have one.
    """

    frames: int
    unanimous: float
    plurality: float
    tied: int
    single_rater: float


def parity_of(corpus: Corpus) -> Parity | None:
    """Human parity on the clips that several raters rated; None without such."""
    names = sorted({clip.person for clip in corpus.clips})
    clips, persons, squares = [], [], []
    for number, clip in enumerate(corpus.clips):
        apart = _single_rater(clip)
        if len(apart):
            clips.append(number)
            persons.append(names.index(clip.person))
            squares.append((apart**2).mean(axis=0))
    if not clips:
        return None
    return Parity(
        clips=np.array(clips, np.int64),
        persons=np.array(persons, np.int64),
        squares=np.stack(squares),
    )


def _single_rater(clip: Clip) -> Float64[np.ndarray, "d 2"]:
    """Differences of one rater from the mean of the others, all raters in turn."""
    ratings, apart = clip.ratings, [np.empty((0, 2))]
    if ratings is not None:
        for row, rater in enumerate(ratings.raters):
            own = ratings.value[row].astype(np.float64)
            apart.append(own - ratings.without(rater).mean)
    every = np.concatenate(apart)
    return np.asarray(every[np.isfinite(every).all(axis=1)])


def class_agreement(corpus: Corpus) -> ClassAgreement | None:
    """How raters agree in classes; None where no frame has the classes of two."""
    frames = unanimous = tied = right = compared = 0
    for clip in corpus.clips:
        if clip.ratings is None:
            continue
        votes = clip.ratings.votes
        several = votes.sum(axis=1) >= 2
        frames += int(several.sum())
        unanimous += int((votes.max(axis=1) == votes.sum(axis=1))[several].sum())
        tied += int((clip.ratings.plurality < 0)[several].sum())
        for row, rater in enumerate(clip.ratings.raters):
            others = clip.ratings.without(rater).plurality
            own = clip.ratings.expression[row]
            both = (own >= 0) & (others >= 0)
            right += int((own == others)[both].sum())
            compared += int(both.sum())
    if not frames:
        return None
    return ClassAgreement(
        frames=frames,
        unanimous=unanimous / frames,
        plurality=(frames - unanimous - tied) / frames,
        tied=tied,
        single_rater=right / compared if compared else float("nan"),
    )


def agreement_sentences(corpus: Corpus) -> list[str]:
    """Sentences on the raters, for those who read the figures."""
    made = []
    parity, classes = parity_of(corpus), class_agreement(corpus)
    if parity is not None:
        (v, a), (by_v, by_a) = parity.rmse, parity.rmse_person
        made.append(
            f"A single rater differs from the mean of the others by {v:.3f} in valence "
            f"and {a:.3f} in arousal (RMSE over the {len(parity.clips)} clips of "
            f"several raters; {by_v:.3f} and {by_a:.3f} with equal weight per person)."
        )
    if classes is not None:
        made.append(
            f"Of {classes.frames} frames with the classes of several raters, all agree "
            f"on {classes.unanimous:.0%} and one class is ahead on another "
            f"{classes.plurality:.0%}. Frames without a plurality, left out of figures "
            f"of classes: {classes.tied}. A single rater gives the plurality of the "
            f"others in {classes.single_rater:.0%} of frames."
        )
    return made


def with_parity(rows: Sequence[Row], parity: Parity) -> None:
    """Add to each row its error as a multiple of a single rater's.

    `to_single_rater_valence` and `to_single_rater_arousal`, over the clips of several
    raters that the row was judged on; 1 or less is human parity.
    """
    for row in rows:
        mine = np.isin(row.clips, parity.clips)
        theirs = np.isin(parity.clips, row.clips)
        if mine.any():
            rater = np.maximum(parity.squares[theirs].mean(axis=0), 1e-12)
            ratio = np.sqrt(row.squares[mine].mean(axis=0) / rater)
            names = (f"to_single_rater_{name}" for name in DIMENSIONS)
            row.figures.update(zip(names, map(float, ratio), strict=True))


def labels_for_parity(
    rows: Sequence[Row], corpus: Corpus
) -> dict[str, dict[str, str | None]]:
    """The smallest budget at which each method is as good as a single rater.

    Args:
        rows: With the figures of `with_parity`.
        corpus: Says how many labels a budget is.

    Returns:
        Per method and selection the budget, None where none reaches it in valence and
        arousal. What reaches it without labels does so in every selection.
    """
    some = [row for row in rows if row.budget != _CEILING]
    selections = list(dict.fromkeys(r.selection for r in some if r.selection != _NONE))
    by_labels = sorted(some, key=_labels(corpus))
    return {
        method: {
            selection: next(
                (
                    row.budget
                    for row in by_labels
                    if row.method == method
                    and row.selection in (selection, _NONE)
                    and _is_reached(row)
                ),
                None,
            )
            for selection in selections or [_NONE]
        }
        for method in dict.fromkeys(row.method for row in some)
    }


def _labels(corpus: Corpus) -> Callable[[Row], int]:
    return lambda row: sum(labels_of(row.budget, clip) for clip in corpus.clips)


def _is_reached(row: Row) -> bool:
    found = [row.figures.get(f"to_single_rater_{name}") for name in DIMENSIONS]
    return all(one is not None and one <= 1 for one in found)
