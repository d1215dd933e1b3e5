import csv
import subprocess
import sys

import polars as pl
import pytest

from feltline.metrics import rmse
from feltline.video import frame_times, scan_video

HEAVY = ("numpy", "av", "scipy", "polars", "mediapipe", "matplotlib")


def fill_in(path, affect):
    with path.open() as file:
        rows = list(csv.DictReader(file))
    for row in rows:
        row["valence"], row["arousal"] = affect[int(row["frame"])]
    with path.open("w", newline="") as file:
        writer = csv.DictWriter(file, rows[0].keys())
        writer.writeheader()
        writer.writerows(rows)


def test_from_a_video_to_labels_and_pictures(feltline, video, clip, tmp_path):
    asked, out = tmp_path / "todo.csv", tmp_path / "all.csv"
    code, text, _ = feltline("suggest", video, "--labels-per-clip", 4, "--out", asked)
    assert code == 0
    assert f"feltline label {video} --support {asked}" in text
    fill_in(asked, clip.affect)
    plot, overlay = tmp_path / "curves.svg", tmp_path / "seen.mp4"
    code, text, _ = feltline(
        *("label", video, "--support", asked, "--out", out),
        *("--plot", plot, "--overlay", overlay),
    )
    assert code == 0
    assert "labelled by hand" in text
    table = pl.read_csv(out)
    assert table["frame"].to_list() == list(range(30))
    assert (table["origin"] == "support").sum() == 4
    machine = table.filter(pl.col("origin") == "model")
    truth = clip.affect[machine["frame"].to_numpy()].astype(float)
    error = rmse(machine.select("valence", "arousal").to_numpy(), truth)
    assert (error < truth.std(axis=0)).all()  # better than knowing the mean
    assert plot.read_text().startswith("<?xml")
    assert (scan_video(overlay).facts.width, scan_video(overlay).facts.height) == (
        320,
        240,
    )
    assert len(frame_times(overlay)) == 30


def test_label_says_the_same_in_json(feltline_json, video, support, tmp_path):
    out = tmp_path / "all.parquet"
    said = feltline_json("label", video, "--support", support, "--out", out)
    assert said["frames"] == 30
    assert said["by_hand"] == 3
    assert said["share_by_hand"] == pytest.approx(0.1)
    assert 0 <= said["accepted"] <= 27
    assert said["written"] == [str(out)]
    assert said["videos"][0]["faces"][0]["frames"] == 30
    table = pl.read_parquet(out)
    assert (table["model_id"] == said["model_id"]).all()
    assert table["confidence"].is_between(0, 1).all()


@pytest.mark.parametrize("method", ["linear", "pchip", "nearest", "hold-last"])
def test_methods_that_know_no_confidence_say_so(
    feltline_json, video, support, tmp_path, method
):
    out = tmp_path / "all.csv"
    said = feltline_json(
        "label", video, "--support", support, "--out", out, "--method", method
    )
    assert said["accepted"] is None
    machine = pl.read_csv(out).filter(pl.col("origin") == "model")
    assert machine["confidence"].null_count() == len(machine)


def test_the_same_run_twice_has_the_same_id_and_another_does_not(
    feltline_json, video, support, tmp_path
):
    words = ("label", video, "--support", support, "--out", tmp_path / "all.csv")
    first, second = feltline_json(*words), feltline_json(*words)
    other = feltline_json(*words, "--tolerance", 0.3)
    assert first["model_id"] == second["model_id"] != other["model_id"]


def test_faces_by_number_in_a_video_of_two(feltline_json, pair, tmp_path):
    support, out = tmp_path / "s.csv", tmp_path / "all.csv"
    support.write_text(
        "video,frame,face,valence,arousal\npair,1,0,0.5,0.1\npair,4,1,0,0\n"
    )
    said = feltline_json("label", pair, "--support", support, "--out", out)
    table = pl.read_csv(out)
    assert table["track_id"].unique().sort().to_list() == [0, 1]
    assert said["unlabelled_faces"] == 0
    support.write_text("video,frame,face,valence,arousal\npair,1,0,0.5,0.1\n")
    said = feltline_json("label", pair, "--support", support, "--out", out)
    assert said["unlabelled_faces"] == 0  # the encoder's opinion, recalibrated
    said = feltline_json(
        *("label", pair, "--support", support, "--out", out),
        *("--encoder", "geometry"),
    )
    assert said["unlabelled_faces"] == 1
    assert pl.read_csv(out)["track_id"].unique().to_list() == [0]


def test_extract_is_quick_the_second_time(feltline_json, video):
    words = ("extract", video, "--every", 3)
    feltline_json(*words)
    again = feltline_json(*words)[0]
    assert again["reused"]
    assert again["frames_looked_at"] == again["frames_with_face"] == 10


def test_extract_reports_a_video_without_faces(feltline, feltline_json, empty_room):
    said = feltline_json("extract", empty_room)[0]
    assert said["frames_with_face"] == 0
    assert said["faces"] == []
    assert "none found" in feltline("extract", empty_room)[1]


def test_suggest_among_share_and_what_is_labelled(
    feltline_json, video, support, tmp_path
):
    among = tmp_path / "among.csv"
    among.write_text("video,frame\n" + "\n".join(f"talk,{f}" for f in (1, 15, 20, 25)))
    said = feltline_json(
        *("suggest", video, "--share", "10%", "--among", among),
        *("--support", support, "--out", tmp_path / "todo.csv"),
    )
    frames = {s["frame"] for s in said["suggestions"]}
    assert len(frames) == 3
    assert frames == {1, 20, 25}  # 15 is labelled already


def test_suggest_never_overwrites_labels(feltline, video, support):
    before = support.read_text()
    code, _, err = feltline("suggest", video, "--total", 2, "--out", support)
    assert code == 4
    assert "is not overwritten" in err
    assert support.read_text() == before


def test_doctor_finds_all_well_here(feltline_json):
    said = feltline_json("doctor")
    accepted = {f["name"]: f["found"] for f in said["findings"]}
    assert ".mxf" in accepted["videos accepted"]
    assert ".tiff" in accepted["pictures accepted"]
    assert said["fine"]
    assert {"numpy", "mediapipe", "libGL", "cache", "review page"} <= {
        f["name"] for f in said["findings"]
    }


def test_demo_beats_interpolation_on_its_own_clip(feltline_json, tmp_path):
    said = feltline_json("demo", "--out", tmp_path / "demo", "--seconds", 6)
    engine, line = said["rmse"]["engine"], said["rmse"]["linear, evenly spaced frames"]
    assert sum(engine) < sum(line)
    names = {path.name for path in (tmp_path / "demo").iterdir()}
    assert names == {
        *("portrait.mp4", "support.csv", "labels.csv", "curves.png", "overlay.mp4")
    }


def test_demo_runs_again_over_its_own_results(feltline, tmp_path):
    words = ("demo", "--out", tmp_path / "demo", "--seconds", 4)
    assert [feltline(*words)[0], feltline(*words)[0]] == [0, 0]


def test_version_and_help(feltline):
    assert feltline("--version")[1].startswith("feltline 0.")
    code, out, _ = feltline("label", "--help")
    assert code == 0
    assert "Examples:" in out


def test_importing_loads_nothing_heavy():
    code = f"import feltline, sys; print([m for m in {HEAVY} if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.stdout.strip() == "[]"


def test_help_loads_nothing_heavy():
    code = (
        "import sys; sys.argv = ['feltline', '--help']\n"
        "from feltline.cli import main\n"
        "try: main()\nexcept SystemExit: pass\n"
        f"print([m for m in {HEAVY} if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.stdout.strip().endswith("[]")


def test_the_published_rule_from_the_command_line(feltline, video, support, tmp_path):
    out = tmp_path / "all.csv"
    words = ("label", video, "--support", support, "--out", out, "--method", "mt-clar")
    code, said, _ = feltline(*words)
    assert code == 0
    assert "mt-clar gives no confidence" in said
    code, _, err = feltline(*words, "--encoder", "geometry")
    assert code == 4
    assert "cannot compare faces" in err


def test_a_class_that_contradicts_its_value_is_pointed_out(
    feltline, video, support, tmp_path
):
    lines = support.read_text().splitlines()
    marked = [f"{lines[0]},expression"]
    marked += [f"talk.mp4,{2 + 13 * i},-0.5,0.1,happiness" for i in range(2)]
    support.write_text("\n".join(marked) + "\n")
    words = ("label", video, "--support", support, "--out", tmp_path / "all.csv")
    code, _, err = feltline(*words)
    assert code == 0
    assert "frame 2 of talk.mp4 (happiness at -0.50 / +0.10)" in err


def test_audits_need_labels_and_say_so(feltline, video, support, tmp_path):
    out = tmp_path / "more.csv"
    words = ("suggest", video, "--labels-per-clip", "4", "--out", out)
    code, _, err = feltline(*words, "--audit", "0.5")
    assert code == 2
    assert "give it" in err
    code, said, _ = feltline(
        *words, "--audit", "0.5", "--threshold", "0.1", "--support", support
    )
    assert code == 0
    assert "expected of the frames without a label" in said
    assert "after 4 more labels" in said
