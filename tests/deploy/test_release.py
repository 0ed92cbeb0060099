"""Promises: one version everywhere; a release is the same bytes wherever it is built, and runs outside of this tree."""

import asyncio
import hashlib
import json
import shutil
import sys
from datetime import date
from pathlib import Path

import aiohttp
import pytest

from deploy.release import build, changelog, versions
from tests.support.deployments import Arcwatch
from tests.support.eventually import eventually

ROOT = Path(__file__).parents[2]
_NOT_SOURCE = shutil.ignore_patterns(".*", "node_modules", "dist", "secrets", "artifacts", "__pycache__", "tests")
LOG = "# Changelog\n\n## [Unreleased]\n\n- new\n\n## [0.1.0] - 2026-01-01\n\n- old\n"


def _copied(to: Path) -> Path:
    shutil.copytree(ROOT, to, ignore=_NOT_SOURCE, symlinks=True)
    return to


def test_every_file_that_names_the_version_is_found_and_set(tmp_path: Path) -> None:
    before = versions.current(ROOT)
    copy = _copied(tmp_path / "copy")
    changed = versions.write(copy, "12.3.4")
    assert versions.current(copy) == "12.3.4"
    named = {str(member.relative_to(ROOT) / "pyproject.toml") for member in versions.members(ROOT)}
    assert {*named, "docker-compose.yml", "services/query-api/dashboard/client/package.json"} <= {*changed}
    # Nothing else than those numbers.
    assert versions.write(copy, before) == changed
    assert all((copy / each).read_bytes() == (ROOT / each).read_bytes() for each in changed)


def test_members_need_each_other_in_the_very_version() -> None:
    loose = [
        (member.name, line.strip())
        for member in versions.members(ROOT)
        for line in (member / "pyproject.toml").read_text().splitlines()
        if line.startswith('    "arcwatch-') and "==" not in line
    ]
    assert loose == []


def test_files_that_disagree_are_named_and_what_is_no_version_is_refused(tmp_path: Path) -> None:
    copy = _copied(tmp_path / "copy")
    project = copy / "libs/common/pyproject.toml"
    project.write_text(project.read_text().replace('version = "', 'version = "9', 1))
    with pytest.raises(versions.VersionError, match=r"libs/common/pyproject.toml: 9\d"):
        versions.current(copy)
    for wrong in ("1.2", "v1.2.3", "1.2.3-rc1", ""):
        with pytest.raises(versions.VersionError, match="give three numbers"):
            versions.write(copy, wrong)


def test_notes_are_what_a_version_brought() -> None:
    assert changelog.notes(LOG, "0.1.0") == "- old\n"
    assert changelog.notes(LOG, "0.2.0") == "- new\n"
    text = changelog.released(LOG, "0.2.0", date(2026, 12, 1))
    assert "## [Unreleased]\n\n## [0.2.0] - 2026-12-01\n\n- new\n" in text
    assert changelog.notes(text, "0.2.0") == "- new\n"
    with pytest.raises(changelog.ChangelogError, match=r"has a heading of 0\.2\.0 already"):
        changelog.released(text, "0.2.0", date(2026, 12, 2))
    with pytest.raises(changelog.ChangelogError, match=r"has nothing of 0\.3\.0"):
        changelog.released(text, "0.3.0", date(2026, 12, 2))


def test_a_folder_with_other_files_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").write_text("mine")
    with pytest.raises(build.FolderError, match="no release; name another folder"):
        build.build(ROOT, tmp_path, lambda _: None)
    assert (tmp_path / "thesis.txt").read_text() == "mine"


def test_a_build_that_was_ended_half_way_is_made_anew(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def end(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(build, "_run", end)
    for _ in range(2):
        with pytest.raises(KeyboardInterrupt):
            build.build(ROOT, tmp_path, lambda _: None)
    assert sorted(each.name for each in tmp_path.iterdir()) == ["NOTES.md", "SHA256SUMS"]


@pytest.mark.debian
async def test_two_builds_are_the_same_bytes_and_what_is_installed_of_them_runs(tmp_path: Path) -> None:
    first, second = tmp_path / "first", tmp_path / "second"
    elsewhere = _copied(tmp_path / "elsewhere")
    (elsewhere / build.DASHBOARD / "node_modules").symlink_to(ROOT / build.DASHBOARD / "node_modules")
    await asyncio.to_thread(build.build, ROOT, first, lambda _: None)
    await asyncio.to_thread(build.build, elsewhere, second, lambda _: None)
    assert {each.name: each.read_bytes() for each in first.iterdir()} == {
        each.name: each.read_bytes() for each in second.iterdir()
    }
    for line in (first / "SHA256SUMS").read_text().splitlines():
        digest, name = line.split("  ")
        assert hashlib.sha256((first / name).read_bytes()).hexdigest() == digest
    parts = json.loads((first / "sbom-python.cdx.json").read_text())["components"]
    assert {"arcwatch-ingester", "asyncpg", "nats-py"} <= {each["name"] for each in parts}
    parts = json.loads((first / "sbom-dashboard.cdx.json").read_text())["components"]
    assert "react" in {each["name"] for each in parts}
    python = await _installed(first, tmp_path / "venv")
    # PostgreSQL's own user must reach its data.
    await asyncio.to_thread(tmp_path.chmod, 0o755)
    await _runs(python, tmp_path)


async def _installed(release: Path, venv: Path) -> Path:
    uv = Path(sys.executable).parent / "uv"
    python = venv / "bin/python"
    for arguments in (
        ("venv", "--quiet", "--python", sys.executable, venv),
        ("pip", "install", "--quiet", "--python", python, "--require-hashes", "--find-links", release,
         "--requirement", release / "requirements.txt"),
    ):  # fmt: skip
        process = await asyncio.create_subprocess_exec(uv, *arguments, cwd=release, stderr=asyncio.subprocess.PIPE)
        _, said = await process.communicate()
        assert process.returncode == 0, said.decode()
    return python


async def _runs(python: Path, folder: Path) -> None:
    where = ("--data-dir", str(folder / "data"), "--port", "0")
    async with Arcwatch("demo", *where, cwd=folder, python=python) as run:
        url = await run.ready()
        async with aiohttp.ClientSession(url) as http:
            async with http.get("/") as page:
                assert "<title>" in await page.text()

            async def latest() -> object:
                async with http.get("/api/metrics/latest-model") as answer:
                    return (await answer.json())["data"]

            assert await eventually(latest, 60.0)
        assert await run.stop() == 0
