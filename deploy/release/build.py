"""What a release consists of, written to a folder: the same bytes each time, from the same commit."""

import hashlib
import json
import os
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final

from deploy.release import changelog, versions

DASHBOARD: Final = "services/query-api/dashboard"
_SUMS: Final = "SHA256SUMS"
_HEADER: Final = """# pip install --require-hashes --find-links . -r requirements.txt
# arcwatch {version} with everything that it runs on, each file by its hash.
"""


class FolderError(Exception):
    """The folder is somebody else's."""


def build(root: Path, out: Path, say: Callable[[str], None]) -> None:
    """Make everything anew in a folder that is empty or holds an older release.

    Raises a FolderError for another one, and CalledProcessError.
    """
    version = versions.current(root)
    _clear(out)
    (out / "NOTES.md").write_text(changelog.notes((root / "CHANGELOG.md").read_text(), version))
    for member in versions.members(root):
        say(f"building {member.relative_to(root)}")
        _run(root, _tool("uv"), "build", "--quiet", "--wheel", "--no-build-isolation", "--no-create-gitignore",
             "--python", sys.executable, "--out-dir", str(out), str(member))  # fmt: skip
    say("packing the dashboard's client")
    dashboard = root / DASHBOARD
    _run(dashboard, "npm", "pack", "--silent", "./client", "--pack-destination", str(out.resolve()))
    (out / "requirements.txt").write_text(_requirements(root, out, version))
    say("listing what is in it")
    _write_json(out / "sbom-python.cdx.json", _python_sbom(root, out))
    _write_json(out / "sbom-dashboard.cdx.json", _dashboard_sbom(dashboard))
    sums = "".join(f"{_sha256(each)}  {each.name}\n" for each in sorted(out.iterdir()) if each.name != _SUMS)
    (out / _SUMS).write_text(sums)


def _clear(out: Path) -> None:
    out.mkdir(parents=True, exist_ok=True)
    held = list(out.iterdir())
    if held and not (out / _SUMS).exists():
        raise FolderError(f"{out} holds files that are no release; name another folder with --out")
    if folders := [each.name for each in held if each.is_dir()]:
        raise FolderError(f"{out} holds folders, as no release does: {', '.join(folders)}")
    # Last: it marks the folder as ours, also where a build is ended half-way.
    for old in sorted(held, key=lambda each: each.name == _SUMS):
        old.unlink()
    (out / _SUMS).touch()


def _requirements(root: Path, out: Path, version: str) -> str:
    ours = (
        f"{each.name.split('-')[0].replace('_', '-')}=={version} \\\n    --hash=sha256:{_sha256(each)}\n"
        for each in sorted(out.glob("*.whl"))
    )
    return _HEADER.format(version=version) + "".join(ours) + (root / "requirements" / "run.txt").read_text()


def _python_sbom(root: Path, out: Path) -> Any:
    command = ("requirements", "--output-reproducible", "--pyproject", str(root / "deploy/local/pyproject.toml"))
    return json.loads(_run(root, _tool("cyclonedx-py"), *command, str(out / "requirements.txt")))


def _dashboard_sbom(dashboard: Path) -> Any:
    command = ("sbom", "--sbom-format", "cyclonedx", "--omit", "dev", "--package-lock-only", "--loglevel", "error")
    found = json.loads(_run(dashboard, "npm", *command))
    # Both differ each time.
    found.pop("serialNumber")
    found["metadata"].pop("timestamp")
    return found


def _sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _write_json(path: Path, value: Any) -> None:
    path.write_text(json.dumps(value, indent=2, sort_keys=True) + "\n")


def _tool(name: str) -> str:
    return str(Path(sys.executable).parent / name)


def _run(folder: Path, *command: str) -> str:
    """Run a tool of the virtual environment, where npm is, too; return what it printed."""
    found = subprocess.run(command, cwd=folder, env=_environment(os.environ), check=True, stdout=subprocess.PIPE)  # noqa: S603 - fixed commands
    return found.stdout.decode()


def _environment(given: Mapping[str, str]) -> dict[str, str]:
    # The time of the last commit would do as well; this one is hatchling's own, and needs no git.
    epoch = {"SOURCE_DATE_EPOCH": given.get("SOURCE_DATE_EPOCH", "1580601600")}
    # CycloneDX warns that requirements say nothing of who needs whom.
    quiet = {"PYTHONWARNINGS": "ignore::UserWarning"}
    return {
        **given,
        **epoch,
        **quiet,
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{given.get('PATH', os.defpath)}",
    }
