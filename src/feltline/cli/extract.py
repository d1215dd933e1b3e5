"""`feltline extract`: extraction ahead of time, kept for the other commands."""

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from feltline.cli import options as o
from feltline.cli.show import figures, print_json, progress

if TYPE_CHECKING:
    from feltline.project import Extraction


@o.example(
    "Examples: feltline extract talk.mp4; feltline extract clips/*.mp4 --every 5Hz; "
    "feltline extract faces/001 --cropped --image-rate 25"
)
def extract(
    videos: o.Videos,
    every: o.Every = "1",
    start: o.Start = None,
    end: o.End = None,
    faces: o.Faces = o.DEFAULT_FACES,
    encoder: o.EncoderName = o.DEFAULT_ENCODER,
    cropped: o.Cropped = False,
    image_rate: o.ImageRate = 25.0,
    as_json: o.AsJson = False,
) -> None:
    """Find the faces of videos and keep what the encoder sees in them.

    label and suggest do this by themselves; extract does it ahead of time. Results are
    kept by the content of the video, so a second run takes no time, and an interrupted
    one goes on where it stopped.
    """
    from feltline.pipeline import extract_all

    asked = o.extract_options(every, start, end, faces, encoder, cropped, image_rate)
    with progress("faces", quiet=as_json) as tell:
        found = extract_all(o.found_videos(videos), asked, progress=tell)
    if as_json:
        print_json([describe(e) for e in found])
        return
    for e in found:
        figures(e.video_id, _rows(e))


def describe(e: "Extraction") -> dict[str, Any]:
    """An extraction in figures, for JSON."""
    return {
        "video": e.video_id,
        "sha256": e.features.facts.content_hash,
        "encoder_id": e.features.encoder_id,
        "frames": e.features.facts.n_frames,
        "frames_looked_at": len(e.features.looked_at),
        "frames_with_face": e.n_with_face,
        "reused": e.reused,
        "more_faces": None if e.features.crowd is None else asdict(e.features.crowd),
        "faces": [
            {
                "face": t.track_id,
                "frames": len(t),
                "first_frame": int(t.frame[0]),
                "last_frame": int(t.frame[-1]),
                "mean_quality": round(float(t.quality.mean()), 3),
            }
            for t in e.tracks
        ],
    }


def _rows(e: "Extraction") -> dict[str, str]:
    from feltline.pipeline import crowd_note

    looked = len(e.features.looked_at)
    rows = {
        "frames": f"{e.features.facts.n_frames}, {looked} looked at"
        + (" (kept from before)" if e.reused else ""),
        "with a face": f"{e.n_with_face} ({e.n_with_face / max(looked, 1):.0%})",
    }
    for t in e.tracks:
        rows[f"face {t.track_id}"] = (
            f"{len(t)} frames, {t.frame[0]} to {t.frame[-1]}, "
            f"quality {t.quality.mean():.2f}"
        )
    if note := crowd_note(e.features):
        rows["more faces"] = note.partition(": ")[2]
    if not e.tracks:
        rows["faces"] = "none found"
    return rows
