import hashlib
import json
import zipfile

import numpy as np
import pytest
from sklearn.linear_model import Ridge

from feltline.encoder import EncoderCard, OnnxEncoder, Readout, put_readout
from feltline.encoder.readout import readout_inputs
from feltline.errors import EncoderError, ShapeError
from feltline.types import FaceBatch


@pytest.fixture
def rated():
    rng = np.random.default_rng(1)
    vector = rng.normal(2, [0.1, 1, 5, 1, 1, 1], (80, 6)).astype(np.float32)
    shares = rng.dirichlet(np.ones(3), 80).astype(np.float32)
    value = np.tanh(vector[:, :2] - 2) * 0.5 + 0.1
    return vector, shares, value.astype(np.float64)


def test_it_is_ridge_regression_of_standardised_inputs(rated):
    vector, shares, value = rated
    readout = Readout.of(readout_inputs(vector, shares), value, strength=3.0)
    x = np.hstack([vector, shares]).astype(float)
    standard = (x - x.mean(axis=0)) / x.std(axis=0)
    oracle = Ridge(alpha=3.0).fit(standard, value).predict(standard)
    np.testing.assert_allclose(readout.value(vector, shares), oracle, atol=1e-4)


def test_seeing_more_faces_is_as_having_seen_all_at_once(rated):
    vector, shares, value = rated
    x = readout_inputs(vector, shares)
    first = Readout.of(x[:50], value[:50], strength=3.0)
    more = first.learning(x[50:], value[50:])
    penalty = np.diag(first.penalty)
    at_once = np.linalg.solve(x.T @ x + penalty, x.T @ value)
    np.testing.assert_allclose(more.weight, at_once, atol=1e-8)


def test_an_input_that_never_varies_has_no_weight(rated):
    vector, _, value = rated
    nothing = np.full((80, 3), np.nan, np.float32)
    flat = vector.copy()
    flat[:, 3] = 0
    readout = Readout.of(readout_inputs(flat, nothing), value, strength=1.0)
    assert len(readout.weight) == 7  # no class probabilities, and the constant
    assert readout.weight[3] == pytest.approx(0)


def test_values_stay_within_their_range(rated):
    vector, shares, value = rated
    readout = Readout.of(readout_inputs(vector, shares), value, strength=0.1)
    far = readout.value(vector * 100, shares)
    assert np.abs(far).max() == 1


def test_what_is_kept_is_read_again_and_statistics_stand_beside_weights(
    rated, tmp_path
):
    vector, shares, value = rated
    x = readout_inputs(vector, shares)
    photos = Readout.of(x[:50], value[:50], strength=3.0)
    kept = photos.learning(x[50:], value[50:]).with_statistics_of(photos)
    kept.write(tmp_path / "r.npz")
    again = Readout.read(tmp_path / "r.npz")
    np.testing.assert_allclose(
        again.value(vector, shares), kept.value(vector, shares), atol=1e-4
    )
    np.testing.assert_allclose(
        again.of_statistics().value(vector, shares),
        photos.value(vector, shares),
        atol=1e-3,
    )


def test_a_file_that_holds_none_is_refused(tmp_path):
    (tmp_path / "r.npz").write_bytes(b"no arrays")
    with pytest.raises(EncoderError, match="does not hold the readout"):
        Readout.read(tmp_path / "r.npz")
    np.savez(tmp_path / "other.npz", weight=np.zeros((3, 2)))
    with pytest.raises(EncoderError, match="does not hold the readout"):
        Readout.read(tmp_path / "other.npz")


def test_another_encoders_embeddings_are_refused(rated):
    vector, shares, value = rated
    readout = Readout.of(readout_inputs(vector, shares), value, strength=1.0)
    with pytest.raises(ShapeError, match="belongs to another encoder"):
        readout.value(vector[:, :4], shares)


def test_an_encoder_says_what_its_readout_reads(workshop, crops, tmp_path):
    workshop.model(heads=[("va", 2), ("classes", 8)])
    outputs = {"valence_arousal": "va", "expression": "classes"}
    card = EncoderCard.read(
        workshop.card(workshop.fields(outputs=outputs) | {"verified": True})
    )
    mesh = np.zeros((5, 478, 3), np.float32)
    plain = OnnxEncoder(card)
    seen = plain.encode(FaceBatch(mesh=mesh, crop=crops))
    x = readout_inputs(seen.vector, seen.zero_shot_expression)
    readout = Readout.of(x, np.linspace(-0.5, 0.5, 10).reshape(5, 2), strength=0.01)
    folder = tmp_path / "made"
    folder.mkdir()
    made = put_readout(card, readout, {"p1": ["a.mp4"]}, folder=folder, name="mine")
    assert made.readout_persons == {"p1": ("a.mp4",)}
    assert made.model_path.parent == folder
    reading = OnnxEncoder(made)
    now = reading.encode(FaceBatch(mesh=mesh, crop=crops))
    np.testing.assert_allclose(
        now.zero_shot_value,
        readout.value(seen.vector, seen.zero_shot_expression),
        atol=1e-4,
    )
    assert not np.allclose(now.zero_shot_value, seen.zero_shot_value)
    # Its zero-shot values are others, so it is another encoder.
    assert reading.encoder_id != plain.encoder_id


def test_a_readout_that_is_not_the_one_of_the_card_is_refused(workshop):
    workshop.model()
    (workshop.folder / "r.npz").write_bytes(b"another")
    fields = workshop.fields() | {
        "readout": {"file": "r.npz", "sha256": hashlib.sha256(b"one").hexdigest()}
    }
    card = EncoderCard.read(workshop.card(json.loads(json.dumps(fields))))
    with pytest.raises(EncoderError, match=r"r\.npz is not the file of the card"):
        OnnxEncoder(card)


def _arrays(f=4, **other):
    made = {
        "weight": np.zeros((f, 2)),
        "information": np.zeros(f * (f + 1) // 2),
        "projection": np.zeros((f, 2)),
        "penalty": np.ones(f),
    }
    return made | other


@pytest.mark.parametrize(
    ("other", "said"),
    [
        ({"weight": np.full((4, 2), np.nan)}, "weight holds a number that is not"),
        ({"weight": np.zeros((3, 2))}, r"weight is \(3, 2\), expected \(4, 2\)"),
        ({"information": np.zeros(1)}, r"information is \(1,\)"),
        ({"penalty": np.zeros(200_000)}, "information is"),
        ({"penalty": np.float64(3)}, "information is"),
        ({"penalty": np.ones((2, 2))}, "penalty is"),
        ({"penalty": np.array([None], object)}, "pickle"),
    ],
)
def test_arrays_that_make_no_readout_are_refused(tmp_path, other, said):
    np.savez(tmp_path / "r.npz", **_arrays(**other))
    with pytest.raises(EncoderError, match=f"does not hold the readout.*{said}"):
        Readout.read(tmp_path / "r.npz")


def test_files_that_are_no_archive_are_refused(tmp_path):
    path = tmp_path / "r.npz"
    np.savez(path, **_arrays())
    whole = path.read_bytes()
    np.save(tmp_path / "alone.npy", np.zeros(3))
    alone = (tmp_path / "alone.npy").read_bytes()
    for content in (b"", whole[: len(whole) // 2], alone):
        path.write_bytes(content)
        with pytest.raises(EncoderError, match="does not hold the readout"):
            Readout.read(path)


def test_a_file_that_unpacks_to_more_than_memory_is_not_unpacked(tmp_path):
    path = tmp_path / "r.npz"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, array in _arrays().items():
            with archive.open(f"{name}.npy", "w") as file:
                np.lib.format.write_array(file, np.asarray(array))
        archive.writestr("more.npy", bytes((1 << 28) + 1))
    with pytest.raises(EncoderError, match=r"it unpacks to .* at most"):
        Readout.read(path)


def _card_with(workshop, readout, **more):
    readout.write(workshop.folder / "r.npz")
    digest = hashlib.sha256((workshop.folder / "r.npz").read_bytes()).hexdigest()
    fields = workshop.fields() | {"readout": {"file": "r.npz", "sha256": digest}}
    return workshop.card(fields | more)


def test_a_readout_of_another_encoder_is_refused_as_the_encoder_loads(workshop):
    workshop.model()
    other = Readout.of(np.ones((4, 5)), np.zeros((4, 2)), strength=1.0)
    card = EncoderCard.read(_card_with(workshop, other))
    with pytest.raises(
        EncoderError, match=r"r\.npz does not belong to .*tiny\.onnx: .*4 numbers"
    ):
        OnnxEncoder(card)


@pytest.mark.parametrize("persons", [{"p1": "a.mp4"}, {"p1": [3]}, {"p1": None}, "p1"])
def test_persons_of_another_shape_are_refused(workshop, persons):
    workshop.model()
    readout = {"file": "r.npz", "sha256": "0", "persons": persons}
    path = workshop.card(workshop.fields() | {"readout": readout})
    with pytest.raises(EncoderError, match="lacks or misspells a field"):
        EncoderCard.read(path)


def test_a_card_may_say_that_there_is_no_readout(workshop):
    workshop.model()
    card = EncoderCard.read(workshop.card(workshop.fields() | {"readout": None}))
    assert card.readout is None
    assert card.readout_persons == {}


def _read_by(workshop, **more):
    workshop.model()
    inputs = np.ones((4, 3 * workshop.size**2 + 1))
    readout = Readout.of(inputs, np.zeros((4, 2)), strength=1.0)
    return readout, EncoderCard.read(_card_with(workshop, readout, **more))


def test_files_of_a_card_in_other_folders_come_along(workshop, tmp_path):
    readout, card = _read_by(workshop)
    (workshop.folder / "deep").mkdir()
    (workshop.folder / "tiny.onnx").rename(workshop.folder / "deep" / "tiny.onnx")
    fields = json.loads(card.path.read_text()) | {"file": "deep/tiny.onnx"}
    card = EncoderCard.read(workshop.card(fields))
    made = put_readout(card, readout, {}, folder=tmp_path, name="mine")
    assert made.model_path == tmp_path / "tiny.onnx"
    OnnxEncoder(made)


def test_another_encoder_in_the_folder_stays_whole(workshop, tmp_path):
    readout, card = _read_by(workshop)
    folder = tmp_path / "there"
    folder.mkdir()
    put_readout(card, readout, {}, folder=folder, name="mine")
    again = put_readout(card, readout, {}, folder=folder, name="other")
    assert again.model_path == folder / "tiny.onnx"
    with pytest.raises(EncoderError, match=r"mine\.json is there already"):
        put_readout(card, readout, {}, folder=folder, name="mine")
    (folder / "tiny.onnx").write_bytes(b"somebody's")
    with pytest.raises(EncoderError, match=r"tiny\.onnx is there already"):
        put_readout(card, readout, {}, folder=folder, name="third")
    assert (folder / "tiny.onnx").read_bytes() == b"somebody's"


@pytest.mark.parametrize("name", ["", "..", "a/b", ".x"])
def test_a_name_that_is_no_files_name_is_refused(workshop, tmp_path, name):
    readout, card = _read_by(workshop)
    with pytest.raises(EncoderError, match="is no plain name"):
        put_readout(card, readout, {}, folder=tmp_path, name=name)
