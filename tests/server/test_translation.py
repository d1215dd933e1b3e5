# ruff: noqa: RUF001 - signs of Japanese that look like others
"""Sentences of the server in the language of the page that asks."""

import json
import re

import pytest
from fastapi.sse import ServerSentEvent
from tests.docs.test_japanese import JAPANESE

from feltline.server.job import Job
from feltline.server.manage_bodies import JobBody, job_body
from feltline.server.project_bodies import TrialBody
from feltline.server.routes.session import _job_in
from feltline.server.security.auth import ENTERED, SIGN_IN
from feltline.server.translation import speaking, translated_body

JA = {"Accept-Language": "ja,en;q=0.5"}


def refusal(client, path, *, method="GET", status, headers=JA, **more):
    """The sentence that a request is refused with."""
    answer = client.http.request(method, path, headers=headers, **more)
    assert answer.status_code == status, answer.text
    assert int(answer.headers["content-length"]) == len(answer.content)
    return answer.json()["error"], answer.headers


def test_refusals_come_in_the_language_that_is_asked_for(client):
    path = "/api/videos/none.mp4"
    said, headers = refusal(client, path, status=404)
    assert said == "このプロジェクトに動画「none.mp4」はありません。"
    assert headers["content-language"] == "ja"
    assert "Accept-Language" in headers["vary"]
    said, headers = refusal(client, path, status=404, headers={})
    assert said == "there is no video 'none.mp4' in this project"
    assert "content-language" not in headers


def test_so_do_faults_of_a_request(client):
    said, _ = refusal(client, "/api/events?limit=0", status=422)
    assert said == "limit：1 以上にしてください。"


def test_so_does_what_security_refuses(client):
    csrf = client.headers["X-CSRF-Token"]
    path = "/api/undo"
    ask = {"method": "POST", "json": {"client_id": "a" * 32}}
    said, _ = refusal(client, path, status=403, **ask)
    assert said.startswith("このページは、サインインし直す前に読み込まれたものです。")
    elsewhere = JA | {"Origin": "http://a.example", "X-CSRF-Token": csrf}
    said, _ = refusal(client, path, status=403, headers=elsewhere, **ask)
    assert said == "http://a.example のページからはここの内容を変更できません。"
    client.http.cookies.clear()
    said, _ = refusal(client, path, status=401, **ask)
    assert said.startswith("サインインしていないか、12 時間の有効期限が切れています。")


def test_a_refused_merge_names_both_faces(client):
    faces = client.get("/api/videos/pair.mp4")["tracks"]
    first, second = (face["track_id"] for face in faces[:2])
    said, _ = refusal(
        client,
        f"/api/videos/pair.mp4/tracks/{first}/merge",
        method="POST",
        status=400,
        headers=JA | client.headers,
        json={"client_id": "b" * 32, "into": second},
    )
    assert said.startswith(f"pair.mp4 の顔 {first} と顔 {second} は、どちらもフレーム ")
    assert said.endswith(
        "別々の顔のため統合できません。先にどちらかをそこで分割してください。"
    )


def test_answers_without_a_sentence_stay_as_they_are():
    for body in (b"", b"no JSON", b"[1]", b'{"error": 5}', b'{"detail": "Not Found"}'):
        assert translated_body(body, "ja") == body
    assert json.loads(translated_body(b'{"error": "odd one", "more": 1}', "ja")) == {
        "error": "英語のメッセージです：odd one",
        "more": 1,
    }


@pytest.fixture
def in_japanese():
    with speaking("ja"):
        yield


def test_a_stream_says_what_came_of_a_job_in_the_language_it_names():
    fault = "there is no face in this project yet: add videos with feltline add"
    told = job_body(
        Job(job_id="1", kind="suggest", rater="anna", state="failed", fault=fault)
    )
    event = ServerSentEvent(event="job", raw_data=told.model_dump_json())
    for language, said in (
        ("en", fault),
        ("ja", "このプロジェクトにはまだ顔がありません。"),
    ):
        data = json.loads(_job_in(language, event).raw_data or "")
        assert data["fault"].startswith(said)
        assert data | {"fault": ""} == json.loads(event.raw_data or "") | {"fault": ""}


@pytest.mark.usefixtures("in_japanese")
def test_fields_with_sentences_are_translated():
    trial = TrialBody(
        added=1,
        known=0,
        notes=["video is empty; expected the file name of the video"],
        fault=None,
    )
    assert trial.model_dump()["notes"] == [
        "video が空です。動画のファイル名が必要です。"
    ]
    assert trial.model_dump()["fault"] is None


@pytest.mark.usefixtures("in_japanese")
def test_a_report_of_a_job_is_translated_where_it_holds_sentences():
    gone = "/v/a.mp4 holds sound only, no picture; give the file with the picture"
    job = JobBody(
        job_id="1", kind="add", state="failed", what="a.mp4", done=1, of=2, nth=1,
        n_files=1, can_repeat=True, left_s=None,
        result={"added": ["no.mp4"], "failed": {"/v/a.mp4": gone}, "n": 3},
        fault="nobody knows this",
    )  # fmt: skip
    told = job.model_dump()
    said = told["result"]["failed"]["/v/a.mp4"]
    assert said.startswith("/v/a.mp4 には音声だけで映像がありません。")
    assert told["result"] | {"failed": None} == {
        "added": ["no.mp4"], "failed": None, "n": 3
    }  # fmt: skip
    assert told["fault"] == "英語のメッセージです：nobody knows this"


def test_fields_are_english_for_everybody_else():
    body = TrialBody(added=0, known=0, notes=[], fault="nothing; came in")
    assert body.model_dump()["fault"] == "nothing; came in"


def test_a_listed_project_says_why_it_cannot_be_opened(client, tmp_path):
    answer = client.http.post(
        "http://127.0.0.1:8771/api/projects/open",
        headers=JA | client.headers,
        json={"path": str(tmp_path / "nowhere")},
    )
    assert answer.status_code >= 400
    assert JAPANESE.search(answer.json()["error"])
    assert not answer.json()["error"].startswith("英語のメッセージです")


def test_the_sign_in_page_is_in_the_language_of_the_browser(client):
    client.http.cookies.clear()
    page = {"Accept": "text/html", "Accept-Language": "ja"}
    answer = client.http.get("http://127.0.0.1:8771/", headers=page)
    assert answer.status_code == 401
    assert '<html lang="ja">' in answer.text
    assert "リンクから開いてください" in answer.text
    assert "This page opens by a link" not in answer.text
    # Who asks for no language that there is sees both.
    both = client.http.get("http://127.0.0.1:8771/", headers={"Accept": "text/html"})
    assert "リンクから開いてください" in both.text
    assert "This page opens by a link" in both.text


@pytest.mark.parametrize("page", [SIGN_IN, ENTERED])
def test_pages_hold_one_language_or_all(page):
    assert JAPANESE.search(page["ja"])
    assert JAPANESE.search(page["en"])
    assert 'lang="en"' not in page["ja"]
    # A line that ends within Japanese shows as a space.
    assert not re.search(
        r"[ぁ-んァ-ヶー一-龠。、）」]\s+[ぁ-んァ-ヶ一-龠（「]", page["ja"]
    )
    assert page["ja"].count("<p") == page["ja"].count("</p>") > 0
