"""What the commands say."""

from feltline.cli.show import notices


def test_of_very_many_notes_the_last_are_summed_up(capfd):
    notices([f"v{n}.mp4: it is not there" for n in range(10_000)])
    said = capfd.readouterr().err.splitlines()
    assert (len(said), said[0], said[-1]) == (
        11,
        "v0.mp4: it is not there",
        "and 9990 more",
    )
