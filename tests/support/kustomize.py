"""Renders a kustomize overlay."""

import subprocess
import sysconfig
from pathlib import Path
from typing import Any

import yaml


def rendered(overlay: Path) -> list[dict[str, Any]]:
    """Return what `kubectl apply -k` would send."""
    command = [str(Path(sysconfig.get_path("scripts")) / "kubectl"), "kustomize", str(overlay)]
    ran = subprocess.run(command, capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stderr
    return list(yaml.safe_load_all(ran.stdout))
