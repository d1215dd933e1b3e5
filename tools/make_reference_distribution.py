"""Make the reference distribution that a card names.

    python tools/make_reference_distribution.py ferplus FERPLUS_FOLDER ferplus-s \\
        src/feltline/encoder/models/ferplus-s-reference.npz

Ordinary faces are those of the valid split: the encoder has not learnt from them, and
the shipped calibration rests on them. Prints the hash for the card.
"""

import hashlib
import sys
from pathlib import Path

from feltline.encoder import load_encoder
from feltline.encoder.ood import ReferenceDistribution
from feltline.lab.datasets import read_dataset
from feltline.lab.training.evaluate import encode_faces


def main() -> None:
    kind, folder, encoder, out = sys.argv[1:]
    faces = read_dataset(kind, Path(folder), "valid")
    seen = encode_faces(load_encoder(encoder), faces)
    ReferenceDistribution.of(seen.vector).write(Path(out))
    print(hashlib.sha256(Path(out).read_bytes()).hexdigest())


if __name__ == "__main__":
    main()
