"""What a browser keeps of a project is not sent to a copy of it."""

import shutil

from tests.server.conftest import served_client

from feltline.project import Project
from feltline.server.folder_identity import FILE, folder_identity


def folder_id(folder):
    with Project.open(folder) as project, served_client(project) as client:
        client.sign_in()
        said = client.get("/api/session")["project"]
        client.projects.close()
    return said["project_id"], said["folder_id"]


def test_a_copy_has_the_project_id_of_its_original_and_a_folder_id_of_its_own(
    project, tmp_path
):
    project.close()
    original = folder_id(project.folder)
    shutil.copytree(project.folder, tmp_path / "copy")
    copy = folder_id(tmp_path / "copy")
    assert copy[0] == original[0]
    assert copy[1] != original[1]
    assert folder_id(project.folder) == original
    assert folder_id(tmp_path / "copy") == copy


def test_a_folder_stays_the_same_where_it_is_moved_or_numbers_do_not_last(tmp_path):
    hidden = tmp_path / "a" / ".feltline"
    hidden.mkdir(parents=True)
    first = folder_identity(hidden)
    (tmp_path / "a").rename(tmp_path / "b")
    hidden = tmp_path / "b" / ".feltline"
    assert folder_identity(hidden) == first
    file = hidden / FILE
    text = file.read_text()
    number = str(hidden.stat().st_ino)
    file.write_text(text.replace(number, "1"))
    assert folder_identity(hidden) == first
    assert file.read_text() == text
    file.write_text("half")
    assert folder_identity(hidden) != first
