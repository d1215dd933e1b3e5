import pytest

from feltline.project import MAX_GUIDELINES


def text_file(client):
    return client.served.project.folder / "guidelines.md"


def put(client, text, revision, status=200):
    body = {"text": text, "revision": revision}
    return client.send("PUT", "/api/guidelines", body, status)


def test_guidelines_are_a_file_of_the_project(client):
    first = client.get("/api/guidelines")
    assert first["text"] == ""
    assert not text_file(client).exists()
    text = "Rate what is seen.\n\n- 口元を見る\n"
    written = put(client, text, first["revision"])
    assert text_file(client).read_text(encoding="utf-8") == text
    assert client.get("/api/guidelines") == written
    newest = client.get("/api/events")[0]
    assert (newest["kind"], newest["rater"]) == ("guidelines", "anna")


def test_what_was_written_by_hand_is_read(client):
    text_file(client).write_bytes("\ufeffone\r\ntwo".encode())
    assert client.get("/api/guidelines")["text"] == "one\ntwo"


def test_nobody_overwrites_what_they_have_not_read(client):
    read = client.get("/api/guidelines")["revision"]
    put(client, "by one", read)
    refused = put(client, "by another", read, 409)
    assert "somebody else" in refused["error"]
    assert client.get("/api/guidelines")["text"] == "by one"
    put(client, "by one", read)  # the same once more: an answer that was lost


@pytest.mark.parametrize("text", ["x" * (MAX_GUIDELINES + 1), "a\x00b", "\x1b[0m"])
def test_what_a_page_could_not_show_is_refused(client, text):
    put(client, text, client.get("/api/guidelines")["revision"], 422)
    assert not text_file(client).exists()


def test_a_file_that_is_none_of_the_projects_is_not_shown(client, tmp_path):
    other = tmp_path / "secret.txt"
    other.write_text("secret")
    text_file(client).symlink_to(other)
    answer = client.get("/api/guidelines", 400)
    assert "link" in answer["error"]


@pytest.mark.parametrize(
    ("data", "why"), [(b"\xff\xfe", "UTF-8"), (b"x" * (MAX_GUIDELINES + 1), "shorten")]
)
def test_a_file_that_cannot_be_shown_is_a_sentence(client, data, why):
    text_file(client).write_bytes(data)
    assert why in client.get("/api/guidelines", 400)["error"]


def test_strangers_neither_read_nor_write(stranger):
    stranger.get("/api/guidelines", 401)
    put(stranger, "x", "0" * 16, 401)
