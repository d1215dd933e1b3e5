from dataclasses import replace

import numpy as np
import torch

from feltline.lab.training.batches import plan_epoch, prefetch, to_pixels


def _classes(n=50):
    return np.arange(n, dtype=np.int64) % 5


def test_a_plan_follows_from_seed_and_epoch_alone(quick):
    def rows(**place):
        return np.concatenate([s.rows for s in plan_epoch(_classes(), quick, **place)])

    np.testing.assert_array_equal(rows(epoch=3), rows(epoch=3))
    assert not np.array_equal(rows(epoch=3), rows(epoch=4))


def test_every_face_is_seen_once_but_for_the_rest(quick):
    rows = np.concatenate([s.rows for s in plan_epoch(_classes(), quick, epoch=0)])
    assert len(rows) == 48  # three batches of 16; two faces wait for another epoch
    assert len(np.unique(rows)) == 48


def test_devices_share_a_batch(quick):
    whole = plan_epoch(_classes(), quick, epoch=1)
    parts = [plan_epoch(_classes(), quick, epoch=1, rank=r, world=2) for r in (0, 1)]
    for step, left, right in zip(whole, *parts, strict=True):
        both = np.concatenate([left.rows, right.rows])
        np.testing.assert_array_equal(np.sort(both), np.sort(step.rows))


def test_pairs_of_a_batch_lie_within_it(quick):
    for batches in ("faces", "pairs"):
        plan = plan_epoch(_classes(), replace(quick, batches=batches), epoch=0)
        for rows, (first, second, alike) in plan:
            assert len(alike) == 16
            same = _classes()[rows[first]] == _classes()[rows[second]]
            np.testing.assert_array_equal(same, alike)


def test_batches_come_in_the_order_of_the_plan(split, quick):
    faces = split.train
    plan = plan_epoch(faces.expression, quick, epoch=0)
    for step, batch in zip(plan, prefetch(faces, plan, quick.network), strict=True):
        pixels = torch.from_numpy(faces.pictures.read(step.rows, 48)[..., 0]) / 255
        torch.testing.assert_close(batch.faces[:, 0], pixels)
        np.testing.assert_array_equal(batch.affect, faces.affect[step.rows])


def test_without_votes_the_expression_counts_as_all_of_them(split, quick):
    alone = replace(split.train, votes=np.full_like(split.train.votes, np.nan))
    plan = plan_epoch(alone.expression, quick, epoch=0)
    batch = next(iter(prefetch(alone, plan, quick.network)))
    expected = np.eye(8)[alone.expression[plan[0].rows]]
    np.testing.assert_array_equal(batch.votes, expected)


def test_colour_becomes_luma_and_grey_becomes_colour():
    rng = np.random.default_rng(0)
    faces = rng.integers(256, size=(2, 3, 3, 3), dtype=np.uint8)
    luma = faces @ np.array([0.299, 0.587, 0.114]) / 255
    np.testing.assert_allclose(to_pixels(faces, 1)[:, 0], luma, atol=1e-5)
    grey = to_pixels(faces[..., :1], 3)
    assert grey.shape == (2, 3, 3, 3)
    torch.testing.assert_close(grey[:, 0], grey[:, 2])
