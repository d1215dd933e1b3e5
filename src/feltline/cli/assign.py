"""`feltline assign`: deal work out to the raters of a project."""

import uuid
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

from feltline.cli import options as o
from feltline.cli.project import opened
from feltline.cli.show import line, print_json, table

if TYPE_CHECKING:
    from feltline.project import Project
    from feltline.store import AssignmentKind


@o.example(
    "Examples: feltline assign study --raters ann,ben --overlap .2; feltline assign "
    "study --raters ann,ben,cho --by confidence --most 3 --source suggested"
)
def assign(
    project: Annotated[
        Path,
        o.argument("[PROJECT]", "The project's folder; where you are if absent."),
    ] = Path(),
    raters: Annotated[
        str, o.option("Ids of who is to judge, with commas between.", show_default="")
    ] = "",
    source: Annotated[
        Literal["queue", "suggested", "video"],
        o.option("What is assigned: the review queue, suggested frames, a video."),
    ] = "queue",
    video: Annotated[
        str | None, o.option("Only of this video.", show_default="all")
    ] = None,
    by: Annotated[
        Literal["share", "confidence"],
        o.option("Which frames several judge: a share, or those of low confidence."),
    ] = "share",
    overlap: Annotated[
        float, o.option("Share of frames that several raters judge.", min=0, max=1)
    ] = 0.2,
    most: Annotated[
        int, o.option("At most so many raters for a frame.", min=1, max=20)
    ] = 2,
    count: Annotated[int, o.option("At most so many frames.", min=1, max=2000)] = 100,
    honeypots: Annotated[
        float, o.option("Honeypots by so much of a rater's work.", min=0, max=1)
    ] = 0.05,
    as_json: o.AsJson = False,
) -> None:
    """Deal work out to the raters of a project, some of it to several.

    What several raters get is judged blind. Known answers for practice come first, and
    honeypots lie among the rest.
    """
    from feltline.errors import InputError
    from feltline.review import LiveProject, Overlap, Queue, assign_work, candidates_of

    if source == "video" and video is None:
        raise InputError("--source video needs --video: which one to spread over")
    names = [name.strip() for name in raters.split(",") if name.strip()]
    with opened(project) as here:
        live = LiveProject(here)
        live.settle()
        if video is not None:
            here.store.video(video)
        check_members(here, names)
        found = candidates_of(live, Queue(live), source, count=count, video_id=video)
        made = assign_work(
            live,
            found,
            names,
            Overlap(by=by, share=overlap, most_raters=most, threshold=live.threshold),
            plan=uuid.uuid4().hex,
            honeypots=honeypots,
            rater=here.settings.rater,
        )
    plan = made[0].plan if made else ""
    load = Counter(one.rater_id for one in made)
    if as_json:
        print_json({"plan": plan, "n_assignments": len(made), "by_rater": dict(load)})
        return
    kinds = Counter((one.rater_id, one.kind) for one in made)
    shown: tuple[AssignmentKind, ...] = ("label", "training", "honeypot")
    table(
        "rater",
        *(f">{kind}" for kind in shown),
        rows=[[name, *(str(kinds[name, kind]) for kind in shown)] for name in names],
    )
    line(f"plan {plan}" if made else "there is nothing to assign")


def check_members(here: "Project", rater_ids: Sequence[str]) -> None:
    """Raise unless all may judge; of a project without members anybody may.

    Raises:
        InputError: One is no member, or may only look on.
    """
    from feltline.server.team import check_judges, team_of
    from feltline.settings import accounts_url, home_folder
    from feltline.store import Accounts

    url = accounts_url(home_folder())
    if not Accounts.exist(url):
        return
    accounts = Accounts.open(url)
    try:
        if accounts.members(here.settings.project_id):
            check_judges(team_of(here, accounts, is_public=False), rater_ids)
    finally:
        accounts.close()
