"""A backup's file is there whole or not at all, and one that is damaged is not read."""

import os
import zipfile
from datetime import UTC, datetime
from pathlib import Path

import pytest
from arcwatch.errors import DeploymentError
from arcwatch.recovery.archive import Answers, Column, Digest, Manifest, Table, add_manifest, opened, written
from arcwatch.recovery.rebuilding import FROM_THE_HUB, NOT_FROM_THE_HUB, lost
from common import roles

ROWS = b"1\tone\n2\ttwo\n" * 1_000


def write(path: Path, rows: bytes = ROWS, **changes: object) -> None:
    """Write a backup of one table; `rows` are what is in it, whatever its manifest says."""
    digest = Digest()
    digest.write(ROWS)
    columns = (Column(name="id", type="integer"), Column(name="word", type="text"))
    table = Table(name="words", columns=columns, rows=2_000, bytes=digest.bytes, sha256=digest.sha256)
    manifest = Manifest(
        made_at=datetime(2026, 1, 2, tzinfo=UTC),
        arcwatch="0.1.0",
        postgresql="18",
        migrations=("0001_existing_tables",),
        tables=(table,),
        left_out=(),
        answers=Answers(code="", sha256={}),
    )
    with written(path) as archive:
        archive.writestr(table.file, rows)
        add_manifest(archive, manifest.model_copy(update=changes))


def test_what_was_written_is_read(tmp_path: Path) -> None:
    write(tmp_path / "b")
    with opened(tmp_path / "b") as backup:
        (table,) = backup.manifest.tables
        with backup.open(table) as rows:
            assert rows.read() == ROWS
    assert [each.name for each in tmp_path.iterdir()] == ["b"]


def test_after_a_failure_there_is_what_was_there_before(tmp_path: Path) -> None:
    write(tmp_path / "b")
    before = (tmp_path / "b").read_bytes()

    def fail() -> None:
        with written(tmp_path / "b") as archive:
            archive.writestr("half", ROWS)
            raise OSError("No space left on device")

    with pytest.raises(OSError, match="No space left"):
        fail()
    assert (tmp_path / "b").read_bytes() == before
    assert [each.name for each in tmp_path.iterdir()] == ["b"]


def test_a_link_stays_one_and_what_is_no_backup_stays(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "README").write_text("words")
    for taken in (tmp_path / "pipe", tmp_path / "README", tmp_path, Path(os.devnull)):
        with pytest.raises(DeploymentError, match="is there already, and is no backup"):
            write(taken)
    (tmp_path / "latest").symlink_to(tmp_path / "b")
    write(tmp_path / "latest")
    write(tmp_path / "latest")
    with opened(tmp_path / "b"):
        assert (tmp_path / "latest").is_symlink()


def test_what_is_no_whole_backup_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "b"
    write(path)
    whole = path.read_bytes()
    # Of the rows, of the manifest, of the archive's directory.
    for cut in (whole[: len(whole) // 2], b"", whole[:-10], whole.replace(b"words.copy", b"w0rds.copy")):
        path.write_bytes(cut)
        with pytest.raises(DeploymentError, match="is damaged, or no backup of arcwatch"), opened(path):
            pass
    write(path, ROWS.replace(b"one", b"0ne", 1))
    with pytest.raises(DeploymentError, match=r"words\.copy is not what the manifest says"), opened(path):
        pass
    with pytest.raises(DeploymentError, match="cannot be read: No such file"), opened(tmp_path / "none"):
        pass
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("other.txt", "")
    with pytest.raises(DeploymentError, match="is damaged, or no backup of arcwatch"), opened(path):
        pass


def test_the_file_of_a_later_format_says_so(tmp_path: Path) -> None:
    write(tmp_path / "b", format=2)
    with pytest.raises(DeploymentError, match=r"its format is 2.*use a later arcwatch"), opened(tmp_path / "b"):
        pass


def test_what_only_a_backup_brings_back_is_said_of_every_table_that_the_hub_does_not_fill() -> None:
    tables = {*roles.tables()}
    assert tables >= FROM_THE_HUB | NOT_FROM_THE_HUB.keys()
    assert not FROM_THE_HUB & NOT_FROM_THE_HUB.keys()
    told = lost()
    assert {*NOT_FROM_THE_HUB.values()} <= {*told}
    assert len([each for each in told if each.startswith("the rows of ")]) == len(
        tables - FROM_THE_HUB - NOT_FROM_THE_HUB.keys()
    )
