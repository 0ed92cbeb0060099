"""A folder on the disk is listed whole, and no link leads out of it."""

import os
from pathlib import Path

import pytest
from arcwatch.scoring.disk import scan


def test_files_are_listed_by_their_path_and_size_without_what_is_hidden(tmp_path: Path) -> None:
    for name in ("a.json", "v2/b.json", ".git/c.json"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(b"12")
    folder = scan(tmp_path)
    assert folder.files == {"a.json": 2, "v2/b.json": 2}
    assert folder.read("v2/b.json") == b"12"
    assert {name: each.files for name, each in folder.subfolders().items()} == {"v2": {"b.json": 2}}


def test_links_within_the_folder_are_read_and_those_out_of_it_are_not(tmp_path: Path) -> None:
    inside, outside = tmp_path / "inside", tmp_path / "outside"
    inside.mkdir()
    outside.mkdir()
    (outside / "secret.json").write_bytes(b"secret")
    (inside / "real.json").write_bytes(b"real")
    (inside / "link.json").symlink_to("real.json")
    (inside / "leads_out.json").symlink_to(outside / "secret.json")
    (inside / "broken.json").symlink_to("nowhere")
    (inside / "folder").symlink_to(outside)
    folder = scan(inside)
    assert folder.read("link.json") == b"real"
    with pytest.raises(OSError, match="leads out of the folder"):
        folder.read("leads_out.json")
    with pytest.raises(FileNotFoundError):
        folder.read("broken.json")
    assert folder.unread == {"folder": "it is a link to a folder: links are not followed"}
    assert folder.files.keys() == {"real.json", "link.json", "leads_out.json", "broken.json"}


def test_a_pipe_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.json")
    with pytest.raises(OSError, match="it is no file"):
        scan(tmp_path).read("pipe.json")


def test_a_folder_that_cannot_be_listed_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Root may read whatever its mode says, so the system's own answer is given by hand."""
    (tmp_path / "closed").mkdir()
    listing = os.scandir

    def refusing(path: str) -> object:
        if str(path).endswith("closed"):
            raise PermissionError(13, "Permission denied", str(path))
        return listing(path)

    monkeypatch.setattr(os, "scandir", refusing)
    assert scan(tmp_path).unread == {"closed": "the folder cannot be read: Permission denied"}
