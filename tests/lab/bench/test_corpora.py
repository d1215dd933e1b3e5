"""Adapters on miniature folders, and the command line on them."""

import csv
import json
import shutil

import numpy as np
import openpyxl
import pytest
from tests.lab.datasets import layouts

from feltline.errors import InputError
from feltline.lab.bench import corpora as module
from feltline.lab.bench import photos
from feltline.lab.bench.corpora import load_corpus
from feltline.lab.demo import portrait_clip
from feltline.video import VideoWriter

N_PHOTOS = 64


@pytest.fixture(scope="module")
def ferplus(tmp_path_factory):
    """Sixty-four photos of two classes in each of two splits."""
    folder = tmp_path_factory.mktemp("ferplus")
    rows = []
    for usage, where in (
        ("PublicTest", "FER2013Valid"),
        ("PrivateTest", "FER2013Test"),
    ):
        for i in range(N_PHOTOS):
            votes = [0] * 10
            votes[i % 4] = 10
            name = f"{where}-{i}.png"
            layouts.picture(folder / where / name, (48, 48), (3 * i, 2 * i, i))
            rows.append((usage, name, votes))
    layouts.official_ferplus(folder, rows)
    return folder


@pytest.fixture(scope="module")
def ratings(tmp_path_factory):
    """Two generated clips and their true values at some frames."""
    folder = tmp_path_factory.mktemp("rated")
    rows = []
    for seed in (0, 1):
        whole = portrait_clip(
            seconds=1.0, rate_hz=15.0, width=320, height=240, seed=seed
        )
        path = folder / f"talk{seed}.mp4"
        with VideoWriter(path, width=320, height=240, rate=15) as writer:
            for rgb in whole.frames():
                writer.write(rgb)
        for frame in range(0, 15, 2):
            valence, arousal = whole.affect[frame]
            rows.append([path.name, frame, f"{valence:.3f}", f"{arousal:.3f}"])
    path = folder / "ratings.csv"
    with path.open("w", newline="") as file:
        table = csv.writer(file)
        table.writerow(["video", "frame", "valence", "arousal"])
        table.writerows(rows)
    return path


@pytest.mark.parametrize("kind", ["walks", "photos"])
def test_photos_become_tracks_of_their_splits(ferplus, kind):
    corpus = load_corpus(kind, ferplus, "ferplus-s+geometry")
    assert corpus.encoder == "ferplus-s"
    assert corpus.has_seen
    assert corpus.note
    assert [len(c) for c in (*corpus.clips, *corpus.learn)] == [60, 60]
    gap = np.diff(corpus.clips[0].track.time_s)
    assert (gap < 1).all() if kind == "walks" else (gap > 100).all()


def test_too_few_photos_for_a_track_are_refused(ferplus, monkeypatch):
    monkeypatch.setattr(photos, "LENGTH", 1000)
    with pytest.raises(InputError, match="64 photos with a label; a track takes"):
        load_corpus("walks", ferplus, "ferplus-s")


def test_affectnet_is_faces_in_no_order(tmp_path, monkeypatch):
    for split in ("training", "validation"):
        rows = []
        for i in range(70):
            name = f"{split}/{i}.jpg"
            layouts.picture(tmp_path / "Manually_Annotated_Images" / name)
            rows.append((name, i % 7, (i % 9 - 4) / 5, (i % 5 - 2) / 4))
        layouts.affectnet_table(tmp_path, rows, split=split)
    monkeypatch.setattr(photos, "MOST_PHOTOS", 65)
    corpus = load_corpus("affectnet", tmp_path, "ferplus-s")
    assert corpus.name == "AffectNet faces, seed 0"
    assert not corpus.has_seen
    assert [len(c) for c in (*corpus.clips, *corpus.learn)] == [60, 60]
    assert (np.diff(corpus.clips[0].track.time_s) > 100).all()


def test_videos_beside_their_ratings(ratings, tmp_path):
    corpus = load_corpus("clips", ratings, "ferplus-s+geometry", cache=tmp_path)
    assert [c.track.video_id for c in corpus.clips] == ["talk0.mp4", "talk1.mp4"]
    assert corpus.fold == (0, 1)
    for clip in corpus.clips:
        np.testing.assert_array_equal(clip.track.frame[clip.at], range(0, 15, 2))
    assert corpus.learning_for(0) == (corpus.clips[1],)
    assert corpus.note.startswith("Rated by r1, as ratings.csv names them")


def test_ratings_and_persons_as_spreadsheets_save_them(ratings, tmp_path):
    """Shift-JIS, semicolons, paths of Windows; who is who in an Excel file."""
    (tmp_path / "rated").mkdir()
    lines = ["video;frame;valence;arousal;rater"]
    persons = openpyxl.Workbook()
    persons.active.append(["person", "video"])
    for number, name in enumerate(("会議.mp4", "面談.mp4")):
        whole = ratings.with_name(f"talk{number}.mp4")
        shutil.copy(whole, tmp_path / "rated" / name)
        lines += [f"C:\\x\\{name};{f};0,{f};-0,1;美奈" for f in range(0, 8, 2)]
        persons.active.append(["美奈", name])
    path = tmp_path / "rated" / "ratings.csv"
    path.write_bytes("\r\n".join(lines).encode("cp932"))
    persons.save(path.with_name("persons.csv"))
    corpus = load_corpus("clips", path, "ferplus-s+geometry", cache=tmp_path / "cache")
    assert [clip.person for clip in corpus.clips] == ["美奈", "美奈"]
    assert corpus.fold == (0, 0)
    np.testing.assert_allclose(corpus.clips[1].value[:, 0], [0, 0.2, 0.4, 0.6])
    path.with_name("persons.csv").write_text("video,who\na,b\n")
    with pytest.raises(InputError, match="lacks the column person"):
        load_corpus("clips", path, "ferplus-s+geometry", cache=tmp_path / "cache")


def test_a_video_that_is_not_there_is_named(tmp_path):
    path = tmp_path / "ratings.csv"
    path.write_text("video,frame,valence,arousal\ngone.mp4,0,0.1,0.1\n")
    with pytest.raises(InputError, match=r"gone\.mp4, which does not lie beside it"):
        load_corpus("clips", path, "ferplus-s+geometry")


def test_frames_of_a_folder_are_a_clip(tmp_path):
    for clip, actor in (("001", "a"), ("002", "b"), ("003", "a")):
        frames = {f"{i:05d}": (i - 2, 2 - i) for i in (3, 0, 1)}
        layouts.afewva_clip(tmp_path, clip, actor, frames)
    corpus = load_corpus("afew-va", tmp_path, "ferplus-s")
    assert [c.track.video_id for c in corpus.clips] == ["001", "002", "003"]
    first = corpus.clips[0]
    np.testing.assert_array_equal(first.track.frame, [0, 1, 3])
    np.testing.assert_allclose(first.value[:, 0], [-0.2, -0.1, 0.1])
    assert corpus.fold[0] == corpus.fold[2] != corpus.fold[1]
    assert not corpus.has_seen


def test_faces_of_aff_wild2_are_clips_too(tmp_path):
    for video in ("v1", "v2_left"):
        layouts.affwild2_file(
            tmp_path,
            "VA_Estimation_Challenge",
            "Validation_Set",
            video,
            "valence,arousal",
            ["0.1,0.2", "-5,-5", "0.3,0.1"],
        )
    corpus = load_corpus("aff-wild2", tmp_path, "ferplus-s")
    assert len(corpus.clips) == 2
    np.testing.assert_array_equal(corpus.clips[0].track.frame, [1, 3])


def test_generated_clips_need_no_data(monkeypatch, tmp_path):
    monkeypatch.setattr(module, "PORTRAITS", 2)
    monkeypatch.setattr(module, "_PORTRAIT_S", 0.5)
    calls = []
    corpus = load_corpus(
        "portrait",
        None,
        "geometry",
        cache=tmp_path,
        progress=lambda name, done, of: calls.append((name, done, of)),
    )
    assert len(corpus.clips) == 2
    assert {name for name, _, _ in calls} == {"portrait-00.mp4", "portrait-01.mp4"}
    with pytest.raises(InputError, match="no corpus; give one of walks"):
        load_corpus("elsewhere", None, "geometry")
    with pytest.raises(InputError, match="say where walks lies"):
        load_corpus("walks", None, "ferplus-s")
    with pytest.raises(InputError, match="looks at meshes"):
        load_corpus("walks", tmp_path, "geometry")


@pytest.fixture
def feltline(run_feltline, monkeypatch, tmp_path):
    monkeypatch.setenv("FELTLINE_CACHE", str(tmp_path / "cache"))
    monkeypatch.chdir(tmp_path)
    return run_feltline


def test_a_benchmark_from_the_command_line(feltline, ratings, tmp_path):
    code, out, _ = feltline(
        *("bench", "run", "clips", ratings, "--labels", "2,25%", "--draws", "2"),
        *("--methods", "engine,linear,anchor,anchors,anchor-person,anchor-bins"),
        *("--report", "page.html", "--table", "rows.csv"),
    )
    assert code == 0, out
    assert "2 uniform" in out
    assert "25% suggested" in out
    assert "again: feltline bench run clips" in out
    assert "a vision language model that saw single stills, not people" in out
    assert out.index("25% suggested") < out.index("Rated by")
    assert "a vision language model" in (tmp_path / "page.html").read_text()
    assert (tmp_path / "page.html").stat().st_size > 10_000
    with (tmp_path / "rows.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 2 * 2 * 6
    assert all(float(row["rmse"]) < 1 for row in rows)


@pytest.fixture
def two_files(ratings, tmp_path):
    """The clips again: one CSV of one rater, one of two raters with classes."""
    paths = []
    with ratings.open() as file:
        rows = list(csv.reader(file))[1:]
    for number in (0, 1):
        folder = tmp_path / f"folder{number}"
        folder.mkdir()
        shutil.copy(ratings.with_name(f"talk{number}.mp4"), folder / "talk.mp4")
        own = [row[1:] for row in rows if row[0] == f"talk{number}.mp4"]
        lines = ["video,frame,valence,arousal,expression,rater"]
        for frame, v, a in own:
            if not number:
                lines.append(f"talk.mp4,{frame},{v},{a},,r1")
                continue
            other = "anger" if frame == "0" else "fear"
            lines.append(f"talk.mp4,{frame},{v},{float(a) - 0.1:.3f},fear,s1")
            lines.append(f"talk.mp4,{frame},{v},{float(a) + 0.1:.3f},{other},s2")
        paths.append(folder / "ratings.csv")
        paths[-1].write_text("\n".join(lines))
    return paths


def test_several_files_of_ratings_from_the_command_line(feltline, two_files):
    words = (
        *("bench", "run", "clips", *two_files, "--labels", "0,2", "--draws", "1"),
        *("--methods", "engine,zero-shot,linear", "--selections", "uniform"),
    )
    code, out, err = feltline(*words, "--classes", "--report", "page.html")
    assert code == 0, err
    assert "not run at 0 labels, since nothing can be said: linear" in err
    assert out.index("no label") < out.index("2 uniform") < out.index("classes, no")
    text = " ".join(out.split())
    assert "A single rater differs from the mean of the others by 0.000" in text
    assert "and 0.200 in arousal (RMSE over the 1 clips" in text
    assert "Of 8 frames with the classes of several raters, all agree on 88%" in text
    assert "Frames without a plurality, left out of figures of classes: 1." in text
    assert "with which a method is as good as a single rater" in text

    code, out, err = feltline(*words, "--support-rater", "s1", "--out", "s1", "--json")
    assert code == 0, err
    found = json.loads(out)
    assert found["raters"]["single_rater_rmse"] == pytest.approx([0, 0.2], abs=1e-6)
    assert found["raters"]["classes"]["tied"] == 1
    assert set(found["raters"]["labels_for_parity"]) == {
        "engine",
        "linear",
        "zero-shot",
    }
    by_method = {(r["budget"], r["method"]): r for r in found["rows"]}
    assert set(by_method) == {
        (budget, method)
        for budget in ("0", "2")
        for method in ("engine", "zero-shot", "linear")
    } - {("0", "linear")}
    assert by_method["0", "engine"]["class_frames"] == 7
    assert 0 <= by_method["0", "engine"]["class_brier"] <= 2
    assert "Labels are those of s1 alone" in found["note"]


def test_what_only_clips_take_is_refused_elsewhere(feltline, ferplus, two_files):
    code, _, err = feltline("bench", "run", "walks", ferplus, two_files[0])
    assert code == 4
    assert "only clips takes several" in " ".join(err.split())
    code, _, err = feltline(
        "bench", "run", "walks", ferplus, "--support-rater", "s1", "--labels", "2"
    )
    assert code == 4
    assert "only clips does" in " ".join(err.split())


def test_a_review_from_the_command_line(feltline, ferplus):
    code, out, err = feltline(
        *("bench", "loop", "walks", ferplus, "--threshold", "0.2"),
    )
    assert code == 0, err
    assert "at the end" in out
    assert "every frame is another person" in out
    assert "affect-s was trained on this corpus" in err


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["--methods", "magic"], "there is no method magic"),
        (["--selections", "best"], "there is no selection best"),
        (["--labels", "some"], "some is no budget"),
        (["--labels", "50"], "no clip has enough rated frames"),
        (["--table", "rows.txt"], "results are .csv or .parquet"),
        (["--report", "page.pdf"], "a report is .html"),
    ],
)
def test_wrong_words_are_a_sentence(feltline, ratings, words, sentence):
    code, _, err = feltline("bench", "run", "clips", ratings, *words)
    assert code == 4
    assert sentence in " ".join(err.split())
