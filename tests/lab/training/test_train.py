import errno
from dataclasses import replace

import numpy as np
import pytest
import safetensors.torch

from feltline.errors import InputError, SetupError
from feltline.lab.training.checkpoint import read_checkpoint
from feltline.lab.training.device import Device
from feltline.lab.training.network import NetworkOptions
from feltline.lab.training.options import PAPER, TrainOptions
from feltline.lab.training.train import BEST, LAST, Split, train

CPU = Device(accelerator="cpu", precision="32")


class StoppedError(Exception):
    """What a kill looks like from within."""


def test_it_learns_and_keeps_the_best_epoch(split, quick, tmp_path):
    as_they_are = replace(
        quick.augmentation, rotation=0.0, shift=0.0, scale=1.0, mirror=False
    )
    options = replace(
        quick,
        augmentation=replace(as_they_are, occlusion_share=0.0),
        optimizer="adam",
        learning_rate=0.003,
        batch=8,
        epochs=10,
        average=0.5,
    )
    run = train(split, tmp_path, options, device=CPU)
    rows = (tmp_path / "epochs.csv").read_text().splitlines()
    assert len(rows) == 11
    assert run.epochs == 10
    kept = read_checkpoint(tmp_path / BEST)
    assert kept.corpora == ("FER+",)
    assert len(kept.state["history"]) == run.best.epoch
    losses = [row["losses"]["total"] for row in _history(tmp_path)]
    assert losses[-1] < 0.8 * losses[0]
    assert run.best.scores["accuracy"] > 0.5  # one in eight by chance


def _history(folder):
    return read_checkpoint(folder / LAST).state["history"]


def test_stopped_anywhere_it_goes_on_to_the_same_losses(split, quick, tmp_path):
    whole, broken = tmp_path / "whole", tmp_path / "broken"
    options = replace(quick, epochs=3, schedule="plateau", optimizer="adam")
    train(split, whole, options, device=CPU)

    def stop(done, of, _line):
        if done > 0.6 * of:
            raise StoppedError

    with pytest.raises(StoppedError):
        train(split, broken, options, device=CPU, progress=stop)
    assert len(_history(broken)) == 1
    train(split, broken, options, device=CPU)
    assert (whole / "epochs.csv").read_text() == (broken / "epochs.csv").read_text()


def test_a_finished_run_is_left_as_it_is(split, quick, tmp_path):
    train(split, tmp_path, quick, device=CPU)
    before = (tmp_path / LAST).read_bytes()
    assert train(split, tmp_path, quick, device=CPU).epochs == 2
    assert (tmp_path / LAST).read_bytes() == before


def test_other_options_do_not_go_on_with_a_run(split, quick, tmp_path):
    train(split, tmp_path, quick, device=CPU)
    with pytest.raises(InputError, match=r"last\.safetensors is a run with other"):
        train(split, tmp_path, replace(quick, seed=1), device=CPU)


def test_weights_of_another_run_are_where_it_starts(split, quick, tmp_path):
    train(split, tmp_path / "one", quick, device=CPU)
    frozen = replace(quick, epochs=1, learning_rate=1e-12, weight_decay=0.0, seed=5)
    again = {"device": CPU, "init_from": tmp_path / "one" / BEST}
    started = train(split, tmp_path / "two", frozen, **again)
    first = train(split, tmp_path / "three", frozen, device=CPU)
    assert started.best.losses["total"] < first.best.losses["total"]


def test_weights_of_another_architecture_are_named(split, quick, tmp_path):
    train(split, tmp_path / "one", quick, device=CPU)
    wider = replace(quick, network=replace(quick.network, embedding=24))
    with pytest.raises(InputError, match=r"best\.safetensors is of another arch"):
        train(
            split,
            tmp_path / "two",
            wider,
            device=CPU,
            init_from=tmp_path / "one" / BEST,
        )


def test_it_ends_when_nothing_is_gained(split, quick, tmp_path):
    still = replace(quick, epochs=20, learning_rate=0.0, average=0.0, patience=2)
    assert train(split, tmp_path, still, device=CPU).epochs < 20


@pytest.mark.parametrize("weighting", ["random", "uncertainty"])
def test_the_recipe_of_the_paper_runs(split, tmp_path, weighting):
    network = replace(PAPER.network, embedding=16, pair_widths=(16, 8))
    options = replace(
        PAPER, network=network, batch=16, epochs=1, weighting=weighting, rank_weight=0.1
    )
    run = train(split, tmp_path, options, device=CPU)
    assert run.best.losses["pairs"] > 0
    assert run.best.losses["rank"] > 0


def test_faces_without_labels_are_passed_over(split, quick, tmp_path):
    rng = np.random.default_rng(0)
    faces = split.train
    unknown = rng.random(len(faces)) < 0.5
    affect, votes = faces.affect.copy(), faces.votes.copy()
    affect[unknown], votes[~unknown] = np.nan, np.nan
    some = replace(
        faces,
        affect=affect,
        votes=votes,
        expression=np.where(unknown, -1, faces.expression),
    )
    run = train(Split(train=some, valid=split.valid), tmp_path, quick, device=CPU)
    assert np.isfinite(list(run.best.losses.values())).all()


def test_a_rate_that_is_too_high_is_told_from_a_fault(split, quick, tmp_path):
    wild = replace(quick, learning_rate=1e30, epochs=1)
    with pytest.raises(InputError, match="training diverged"):
        train(split, tmp_path, wild, device=CPU)


def test_pairs_that_cannot_be_drawn_are_an_error_before_anything_is_written(
    split, quick, tmp_path
):
    one = replace(split.train, expression=np.zeros(len(split.train), np.int64))
    options = replace(quick, batches="pairs")
    with pytest.raises(InputError, match="two expressions"):
        train(Split(train=one, valid=split.valid), tmp_path / "x", options, device=CPU)
    assert not (tmp_path / "x").exists()


def test_a_gpu_that_is_not_there(split, quick, tmp_path):
    with pytest.raises(SetupError, match=r"a GPU was asked for.*--device cpu"):
        train(split, tmp_path, quick, device=Device(accelerator="cuda"))


def test_a_full_disk_leaves_the_checkpoint_before(split, quick, tmp_path, monkeypatch):
    whole, full = safetensors.torch.save_file, OSError(errno.ENOSPC, "No space left")
    written = []

    def save(tensors, path, metadata):
        written.append(path)
        if len(written) > 2:
            raise full
        whole(tensors, path, metadata)

    monkeypatch.setattr(safetensors.torch, "save_file", save)
    with pytest.raises(SetupError, match=r"disk is full.*safetensors"):
        train(split, tmp_path, replace(quick, epochs=4), device=CPU)
    assert len(_history(tmp_path)) == 1


def test_options_survive_a_trip_through_json(quick):
    for options in (quick, PAPER, TrainOptions(patience=3)):
        assert TrainOptions.from_json(options.to_json()) == options


@pytest.mark.parametrize("text", ["", "{}", '{"network": {"depth": 3}}', "[1]"])
def test_options_of_another_version_are_refused(text):
    with pytest.raises(InputError, match="training options cannot be read"):
        TrainOptions.from_json(text)


def test_a_checkpoint_that_is_none(tmp_path):
    broken, other = tmp_path / "a.safetensors", tmp_path / "b.safetensors"
    broken.write_bytes(b"nothing of the kind")
    safetensors.torch.save_file({}, other, {"who": "knows"})
    for path, words in (
        (broken, "is no checkpoint"),
        (other, "no checkpoint of this version"),
        (tmp_path / "c.safetensors", "there is no checkpoint"),
    ):
        with pytest.raises(InputError, match=words):
            read_checkpoint(path)


def test_a_network_of_no_known_kind(split, quick, tmp_path):
    for backbone, error, words in (
        ("huge", InputError, "no backbone huge"),
        ("timm:resnet18", SetupError, "pip install timm"),
        ("torchvision:resnet18", SetupError, "pip install torchvision"),
    ):
        options = replace(quick, network=NetworkOptions(backbone=backbone))
        with pytest.raises(error, match=words):
            train(split, tmp_path, options, device=CPU)
