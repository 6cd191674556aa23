"""Node with real packages from npm, and the pieces of docs/clients.md that are programs."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.stack import ROOT, Stack

SCRIPTS = ROOT / "tests" / "node"
CLIENTS = ROOT / "static" / "clients"
OLDEST = 20  # older ones warn at `fetch`, and have no `crypto`
_BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def document(language: str) -> list[str]:
    """The document's programs in a language, in their order."""
    text = (ROOT / "docs" / "clients.md").read_text()
    return [block for name, block in _BLOCK.findall(text) if name == language]


def environment(stack: Stack) -> dict[str, str]:
    """What docs/clients.md asks to be exported."""
    facts = stack.facts
    ours = {"AGENTRY_URL": stack.url, "AGENTRY_PROJECT": facts["project"], "AGENTRY_DSN": facts["dsn"]}
    return {"PATH": os.environ["PATH"], "HOME": os.environ.get("HOME", "/"), **ours}


@dataclass(frozen=True)
class Node:
    directory: Path

    def start(self, script: str, *words: str, **variables: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            ["node", script, *words],
            cwd=self.directory,
            env=variables,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def run(self, script: str, *words: str, **variables: str) -> Any:
        """The JSON that a script prints."""
        return printed(self.start(script, *words, **variables))


def printed(process: subprocess.Popen[str]) -> Any:
    """The JSON that a program has printed when it ends, well and without a complaint."""
    try:
        out, complaints = process.communicate(timeout=90)
    finally:
        process.kill()
    assert (process.returncode, complaints) == (0, ""), out
    return json.loads(out)


def install(directory: Path) -> Node:
    """The pinned packages, as npm gives them. Skips where there is no npm, or no way to its registry."""
    for program in ("node", "npm"):
        if shutil.which(program) is None:
            _miss(f"{program} is not installed: apt-get install nodejs npm")
    version = subprocess.run(["node", "--version"], capture_output=True, text=True).stdout.strip()
    if int(version.removeprefix("v").partition(".")[0]) < OLDEST:
        _miss(f"Node {version} is too old: {OLDEST} is needed")
    for script in SCRIPTS.iterdir():
        shutil.copy(script, directory)
    walkthrough = directory / "walkthrough.mjs"
    middleware = (SCRIPTS / "walkthrough.txt").read_text()
    walkthrough.write_text(walkthrough.read_text().replace("// WALKTHROUGH\n", middleware))
    (directory / "package.json").write_text(
        json.dumps(json.loads((SCRIPTS / "package.json").read_text()) | {"type": "module"})
    )
    shutil.copy(CLIENTS / "agentry.js", directory)
    (directory / "documented.js").write_text(*document("js"))
    command = ["npm", "ci", "--no-audit", "--no-fund", "--ignore-scripts"]
    done = subprocess.run(command, cwd=directory, capture_output=True, text=True, timeout=240)
    if done.returncode:
        _miss(f"npm could not install the packages: {done.stderr[-500:]}")
    return Node(directory)


def _miss(why: str) -> None:
    if os.environ.get("AGENTRY_REQUIRE_NODE") == "1":
        pytest.fail(why)
    pytest.skip(why)
