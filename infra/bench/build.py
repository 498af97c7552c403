"""Layers and code by the makefiles that `sam build` uses, for the machine that measures."""

import hashlib
import os
import shutil
import subprocess
import sys
import venv
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from infra.bench import template
from infra.bench.template import Function
from infra.local.settings import ROOT

_LAYERS = ROOT / "infra" / "requirements"
_CODE = ROOT / "infra" / "package"


@dataclass(frozen=True, slots=True)
class Built:
    """Where what a function runs on lies.

    Args:
        python: an interpreter that sees the standard library alone.
        code: functions/ and shared/, compiled.
        layers: each layer's python folder, by its logical id.
    """

    python: Path
    code: Path
    layers: dict[str, Path]

    def path(self, function: Function) -> str:
        """The import path in Lambda's order: the code, then the layers."""
        folders = [self.code, *(self.layers[layer] for layer in function.layers)]
        return os.pathsep.join(map(str, folders))


def build(work: Path, tell: Callable[[str], None]) -> Built:
    """Build what is not up to date.

    Args:
        work: a folder of our own.
        tell: hears what is being done.
    """
    python = work / "python"
    if not (python / "bin" / "python").exists():
        venv.create(python, symlinks=True)
    code = work / "code"
    _make(_CODE, "build-BenchFunction", code)
    layers: dict[str, Path] = {}
    for layer in template.layers():
        folder, stamp = work / layer, work / f"{layer}.stamp"
        wanted = _digest(_LAYERS / "Makefile", *sorted(_LAYERS.glob("*.txt")))
        if not stamp.exists() or stamp.read_text() != wanted:
            tell(f"building {layer}")
            stamp.unlink(missing_ok=True)
            _make(_LAYERS, f"build-{layer}", folder)
            stamp.write_text(wanted)
        layers[layer] = folder / "python"
    return Built(python / "bin" / "python", code, layers)


def _make(makefiles: Path, target: str, into: Path) -> None:
    shutil.rmtree(into, ignore_errors=True)
    into.mkdir(parents=True)
    # The tools are the project's own, whatever lies on the caller's path.
    tools = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", os.defpath)])
    environment = os.environ | {"PATH": tools, "ARTIFACTS_DIR": str(into)}
    environment.pop("PLATFORM", None)
    command = ["make", "--silent", "-C", str(makefiles), target, f"ARTIFACTS_DIR={into}"]
    done = subprocess.run(command, env=environment, capture_output=True, text=True)
    if done.returncode:
        raise RuntimeError(f"{target} failed:\n{done.stdout}{done.stderr}")


def _digest(*files: Path) -> str:
    digest = hashlib.sha256()
    for file in files:
        digest.update(file.name.encode() + b"\0" + file.read_bytes())
    return digest.hexdigest()
