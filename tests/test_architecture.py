"""Imports run one way, files and functions stay small. A failure here is a sign that the layers are wrong."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PACKAGES = ("agentry", "analytics", "publications")
# A module may import from its own rank and from lower ones. The longest prefix that fits counts.
RANKS = {
    "agentry.departure": 0,
    "agentry.env": 0,
    "agentry.errors": 0,
    "agentry.logs": 0,
    "agentry.patient": 0,
    "agentry.room": 0,
    "agentry.spreadsheet": 0,
    "agentry.valkey": 0,
    "agentry.accounts": 1,
    "analytics": 2,
    "publications": 3,
    "agentry.stack": 4,
    "agentry": 5,  # urls, api, settings, celery, wsgi, asgi, middleware, health, …
}
NEVER_WORDS = {"utils", "util", "helpers", "helper", "common", "services", "service", "manager", "managers"}
FILE_LINES = 300
FUNCTION_LINES = 50


def sources(*roots: str) -> list[Path]:
    return [
        path
        for root in roots
        for path in sorted((ROOT / root).rglob("*.py"))
        if "migrations" not in path.parts
    ]


def module_of(path: Path) -> str:
    return ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")


def rank_of(module: str) -> int | None:
    parts = module.split(".")
    prefixes = (".".join(parts[:count]) for count in range(len(parts), 0, -1))
    return next((RANKS[prefix] for prefix in prefixes if prefix in RANKS), None)


def imports(path: Path) -> Iterator[tuple[int, str]]:
    """Line and full name of everything a file imports; `from a import b` gives `a.b`."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, name.name) for name in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}:{node.lineno} is a relative import"
            yield from ((node.lineno, f"{node.module}.{name.name}") for name in node.names)


def forbidden(*roots: str, names: tuple[str, ...]) -> list[str]:
    return [
        f"{path.relative_to(ROOT)}:{line} imports {name}"
        for path in sources(*roots)
        for line, name in imports(path)
        if any(name == prefix or name.startswith(f"{prefix}.") for prefix in names)
    ]


def test_imports_run_one_way() -> None:
    wrong = []
    for path in sources(*PACKAGES):
        own = rank_of(module_of(path))
        for line, name in imports(path):
            other = rank_of(name)
            if own is not None and other is not None and other > own:
                wrong.append(f"{path.relative_to(ROOT)}:{line} imports {name}")
    assert wrong == []


def test_nothing_below_imports_the_project_itself() -> None:
    names = ("urls", "api", "settings", "celery", "wsgi", "asgi", "middleware")
    modules = tuple(f"agentry.{name}" for name in names)
    roots = ("agentry/accounts", "agentry/stack", "analytics", "publications")
    assert forbidden(*roots, names=modules) == []


def test_ingest_and_write_do_not_know_who_asks() -> None:
    names = ("analytics.query", "analytics.customers", "analytics.hogql")
    assert forbidden("analytics/ingest", "analytics/write", names=names) == []


def test_the_hogql_compiler_runs_without_django() -> None:
    """In a fresh interpreter: import every module of it, then look for Django."""
    modules = [module_of(path) for path in sources("analytics/hogql")]
    code = (
        f"import importlib, sys; [importlib.import_module(m) for m in {modules!r}];"
        "print([m for m in sys.modules if m.split('.')[0] in ('django', 'psycopg')])"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True)
    assert done.stdout.strip() == "[]", done.stderr


@pytest.mark.parametrize("package", PACKAGES)
def test_files_and_functions_stay_small(package: str) -> None:
    wrong = []
    for path in sources(package):
        text = path.read_text()
        lines = len(text.splitlines())
        if lines > FILE_LINES:
            wrong.append(f"{path.relative_to(ROOT)} has {lines} lines")
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                length = (node.end_lineno or node.lineno) - node.lineno + 1
                if length > FUNCTION_LINES:
                    wrong.append(f"{path.relative_to(ROOT)}:{node.lineno} {node.name} has {length} lines")
    assert wrong == []


def test_no_import_hides_in_a_function() -> None:
    wrong = [
        f"{path.relative_to(ROOT)}:{inner.lineno}"
        for path in sources(*PACKAGES, "tests")
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        for inner in ast.walk(node)
        if isinstance(inner, ast.Import | ast.ImportFrom)
    ]
    assert wrong == []


def test_no_module_is_named_after_nothing() -> None:
    wrong = [
        str(path.relative_to(ROOT))
        for path in sources(*PACKAGES)
        if NEVER_WORDS & set(module_of(path).replace("_", ".").split("."))
    ]
    assert wrong == []


def test_sql_lives_in_the_engines() -> None:
    """No text elsewhere is a statement on rows of ours. Locks, the catalog and DDL may stand anywhere, and
    the compiler speaks of SQL: it prints it, for an engine to run."""
    verbs = r"(?!.*\bFROM pg_)\s*(SELECT|INSERT INTO|UPDATE|DELETE FROM|COPY|WITH)\s"
    tables = (
        r"\b(events|usage_\w+|detail_gaps|event_times|written_\w+|ingest_\w+|dead_letters|property_types)\b"
    )
    statement = re.compile(f"{verbs}.*{tables}", re.DOTALL)
    wrong = [
        f"{path.relative_to(ROOT)}:{node.lineno} {node.value.strip()[:40]}"
        for path in sources(*PACKAGES)
        if not {"engines", "hogql"} & set(path.parts)
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and statement.match(node.value)
    ]
    assert wrong == []


def test_lock_files_name_no_host() -> None:
    """Whoever builds this has registries of their own."""
    locks = [*ROOT.glob("*.lock"), ROOT / "tests" / "node" / "package-lock.json"]
    assert len(locks) == 3
    assert [lock.name for lock in locks if "://" in lock.read_text()] == []
