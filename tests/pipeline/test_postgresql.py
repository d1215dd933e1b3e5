"""A whole project with PostgreSQL as its database."""

import polars as pl
import pytest

from feltline.pipeline import add_videos, export, import_labels, propagate, purge
from feltline.project import (
    Predictor,
    Project,
    ProjectSettings,
    load_video,
    rebuild,
)


@pytest.fixture
def database(postgresql):
    url = postgresql.new_database()
    yield url
    postgresql.drop(url)


def test_from_init_to_purge(database, project_template, tmp_path, truth):
    talk = project_template[0] / "talk.mp4"
    settings = ProjectSettings(
        project_id="b" * 32, name="Studie ü", rater="Žofie", database=database
    )
    Project.init(tmp_path / "study", settings).close()
    with Project.open(tmp_path / "study") as project:
        assert not (project.folder / "feltline.db").exists()
        assert add_videos(project, [str(talk)]).added == ["talk.mp4"]
        file = tmp_path / "l.csv"
        rows = [f"talk.mp4,{f},{truth[f, 0]:.2f},{truth[f, 1]:.2f}" for f in (3, 40)]
        file.write_text("video,frame,valence,arousal\n" + "\n".join(rows) + "\n")
        assert import_labels(project, file).added == 2
        model = propagate(project).model
        video = load_video(project, "talk.mp4")
        assert Predictor(project).predict(video, 0).model_id == model.model_id
        built = rebuild(project, model_id=model.model_id)
        assert built.model.model_id == model.model_id
        assert export(project, tmp_path / "all.parquet")[0] == 45
        table = pl.read_parquet(tmp_path / "all.parquet")
        assert (table["origin"] == "import").sum() == 2
        assert project.store.check() == []
        assert purge(project, "talk.mp4").rows["judgements"] == 2
        assert project.store.video_names() == []


def test_a_server_that_is_away_is_a_sentence_without_the_password(tmp_path):
    settings = ProjectSettings(
        project_id="b" * 32,
        name="study",
        database=f"postgresql://anna:secret@/none?host={tmp_path}/nowhere",
    )
    from feltline.errors import StoreError

    with pytest.raises(StoreError) as refused:
        Project.init(tmp_path / "study", settings)
    assert "secret" not in str(refused.value)
    assert not (tmp_path / "study" / "feltline.toml").exists()
