"""Training options and recipes, the shipped encoder's values as defaults.

`OURS` trained the shipped encoder and `HEADS` its pair heads; `PAPER` is MT-CLAR as
published.
"""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from typing import Any, Final, Literal

from feltline.errors import InputError
from feltline.lab.training.augment import Augmentation
from feltline.lab.training.network import PAPER_WIDTHS, NetworkOptions

__all__ = ["HEADS", "OURS", "PAPER", "RECIPES", "TrainOptions"]


@dataclass(frozen=True, slots=True, kw_only=True)
class TrainOptions:
    """What to make small, how, and for how long.

    Attributes:
        network: The shape of the network.
        augmentation: How faces are changed.
        batches: `faces` = every face once per epoch, pairs drawn within each batch;
            `pairs` = pairs drawn from all faces, the paper's way.
        batch: Faces, or pairs, in a batch; over all devices.
        epochs: Times through the faces.
        optimizer: `sgd` (with Nesterov's momentum of 0.9) or `adam`.
        learning_rate: Highest rate.
        weight_decay: As both optimizers take it.
        schedule: `cosine` to 0 after a short rise, or `plateau`: a tenth after five
            epochs without progress on the valid split.
        expression_weight: Of the cross-entropy against the votes.
        affect_weight: Of valence and arousal (MSE and CCC).
        weak_weight: Of a face whose valence and arousal follow from its classes,
            where 1 is that of a directly rated one; 0 = not learnt from.
        pair_weight: Of the four losses of pairs together.
        rank_weight: Of Rank-N-Contrast.
        weighting: How the four losses of pairs are weighed against each other:
            `fixed` (equally), `random` (anew for each batch, the paper's) or
            `uncertainty` (learnt).
        frozen: Whether the pair heads alone learn, on an encoder that stays as
            `init_from` has it: seen as it will be used, mirrored and averaged.
        average: Decay per step of the moving average of the weights; 0 = none.
        patience: Epochs without progress after which training ends; None = never.
        seed: Of everything random.
    """

    network: NetworkOptions = field(default_factory=NetworkOptions)
    augmentation: Augmentation = field(default_factory=Augmentation)
    batches: Literal["faces", "pairs"] = "faces"
    batch: int = 128
    epochs: int = 100
    optimizer: Literal["sgd", "adam"] = "sgd"
    learning_rate: float = 0.05
    weight_decay: float = 5e-4
    schedule: Literal["cosine", "plateau"] = "cosine"
    expression_weight: float = 1.0
    affect_weight: float = 1.0
    weak_weight: float = 0.5
    pair_weight: float = 0.5
    rank_weight: float = 0.0
    weighting: Literal["fixed", "random", "uncertainty"] = "fixed"
    frozen: bool = False
    average: float = 0.999
    patience: int | None = None
    seed: int = 0

    @property
    def of_pairs_alone(self) -> bool:
        """Whether nothing is learnt of single faces, so that pairs must judge."""
        return self.frozen or not (self.expression_weight or self.affect_weight)

    def to_json(self) -> str:
        """As text, for checkpoints and cards."""
        return json.dumps(asdict(self))

    @classmethod
    def from_json(cls, text: str) -> "TrainOptions":
        """The options that `to_json` wrote.

        Raises:
            InputError: The text is of another version of feltline, or none of this.
        """
        try:
            values: dict[str, Any] = json.loads(text)
            network = _known(NetworkOptions, values.pop("network"))
            network["pair_widths"] = tuple(network["pair_widths"])
            return cls(
                network=NetworkOptions(**network),
                augmentation=Augmentation(
                    **_known(Augmentation, values.pop("augmentation"))
                ),
                **_known(cls, values),
            )
        except (ValueError, TypeError, KeyError, AttributeError) as error:
            raise InputError(
                f"these training options cannot be read: {error!r}"
            ) from error


def _known(of: type, values: Mapping[str, Any]) -> dict[str, Any]:
    """`values`, if all of them are fields of `of`."""
    strange = set(values) - {f.name for f in fields(of)}
    if strange:
        raise ValueError(f"unknown: {', '.join(sorted(strange))}")
    return dict(values)


OURS: Final = TrainOptions()
PAPER: Final = TrainOptions(
    network=NetworkOptions(
        pair_widths=PAPER_WIDTHS, mirror=False, antisymmetric=False, channels=3
    ),
    augmentation=Augmentation(
        rotation=20.0,
        shift=0.2,
        scale=1.25,
        shear=0.1,
        gamma=1.0,
        shade=0.0,
        blur_share=0.0,
        noise=0.0,
        occlusion_share=0.0,
    ),
    batches="pairs",
    batch=256,
    epochs=40,
    optimizer="adam",
    learning_rate=1e-4,
    weight_decay=1e-4,
    schedule="plateau",
    expression_weight=0.0,
    affect_weight=0.0,
    pair_weight=1.0,
    weighting="random",
    average=0.0,
)
HEADS: Final = TrainOptions(
    batches="pairs",
    batch=256,
    epochs=8,
    optimizer="adam",
    learning_rate=1e-3,
    weight_decay=1e-4,
    expression_weight=0.0,
    affect_weight=0.0,
    pair_weight=1.0,
    frozen=True,
    average=0.99,
)
RECIPES: Final = {"ours": OURS, "heads": HEADS, "mt-clar": PAPER}
