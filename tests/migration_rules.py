"""What a migration may not do to a table that is in use, as far as it can be read from the migration."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from django.contrib.postgres.operations import AddIndexConcurrently, RemoveIndexConcurrently
from django.db import migrations
from django.db.migrations.operations.base import Operation
from django.db.models import NOT_PROVIDED

BODIES = re.compile(r"\$(\w*)\$.*?\$\1\$|'(?:[^']|'')*'|--[^\n]*|/\*.*?\*/", re.DOTALL)
NAME = r'(?:only\s+)?(?:if\s+(?:not\s+)?exists\s+)?"?([\w.]+)"?'
CREATED = re.compile(rf"create\s+(?:unlogged\s+|temp\w*\s+)?table\s+{NAME}", re.IGNORECASE)
# Each finds the table in its group, or none.
UNSAFE = {
    "builds an index without CONCURRENTLY": (
        rf"create\s+(?:unique\s+)?index\s+(?!concurrently)[^;]*?\bon\s+{NAME}"
    ),
    "rewrites or scans the table": (
        rf"alter\s+table\s+{NAME}[^;]*?\b(?:type\s|set\s+not\s+null|set\s+(?:un)?logged)"
    ),
    "adds NOT NULL without a default": (
        rf"alter\s+table\s+{NAME}[^;]*?\badd\s+(?:column\s+)?\w+(?:(?!default|,)[^;])*not\s+null(?![^;,]*default)"
    ),
    "adds a column with a default that is computed for each row": (
        rf"alter\s+table\s+{NAME}[^;]*?\badd\s+[^;]*default\s+(?:gen_random_uuid|random|clock_timestamp|nextval)"
    ),
    "checks every row: add it NOT VALID, validate it in another": (
        rf"alter\s+table\s+{NAME}[^;]*?\badd\s+(?:constraint|check|foreign|unique|primary)(?![^;]*not\s+valid)"
    ),
    "takes away what the code before still uses": (
        rf"(?:alter\s+table\s+{NAME}[^;]*?\b(?:drop\s+(?:column\s+)?\w|rename\b)|drop\s+table\s+{NAME})"
    ),
    "locks the whole table for long": (
        rf"(?:vacuum\s+full|cluster|lock\s+table|truncate(?:\s+table)?)\s+{NAME}"
    ),
    "changes many rows in one transaction": rf"(?:^|;)\s*(?:update|delete\s+from)\s+{NAME}",
}


def unsafe(migration: migrations.Migration) -> list[str]:
    """What is unsafe in it, in words; nothing if it says why that is well: `reviewed = "why"`."""
    if getattr(migration, "reviewed", ""):
        return []
    operations = list(_flat(migration.operations))
    new = _created(operations)
    return [found for operation in operations for found in _judge(operation, new)]


def _flat(operations: Iterable[Operation]) -> Iterator[Operation]:
    for operation in operations:
        if isinstance(operation, migrations.SeparateDatabaseAndState):
            yield from _flat(operation.database_operations)
        else:
            yield operation


def statements(operation: migrations.RunSQL) -> str:
    parts = [operation.sql] if isinstance(operation.sql, str) else operation.sql
    text = ";\n".join(part if isinstance(part, str) else part[0] for part in parts)
    return BODIES.sub("''", text)


def _created(operations: Iterable[Operation]) -> set[str]:
    """Tables and models that the same migration makes: nobody uses them yet."""
    made: set[str] = set()
    for operation in operations:
        if isinstance(operation, migrations.CreateModel):
            made.add(operation.name.lower())
        elif isinstance(operation, migrations.RunSQL):
            made |= {name.lower() for name in CREATED.findall(statements(operation))}
    return made


def _judge(operation: Operation, new: set[str]) -> Iterator[str]:
    if isinstance(operation, migrations.RunSQL):
        text = statements(operation)
        for what, pattern in UNSAFE.items():
            for match in re.finditer(pattern, text, re.IGNORECASE):
                table = next((group for group in match.groups() if group), "")
                if table.lower() not in new:
                    yield f"{table}: {what}"
        return
    if isinstance(operation, migrations.RunPython):
        yield "runs Python in one transaction"
        return
    model = str(getattr(operation, "model_name", getattr(operation, "name", ""))).lower()
    if model not in new:
        yield from (f"{model}: {what}" for what in _judge_model(operation))


def _judge_model(operation: Operation) -> Iterator[str]:
    concurrent = isinstance(operation, AddIndexConcurrently | RemoveIndexConcurrently)
    if isinstance(operation, migrations.AddField):
        field = operation.field
        if not field.null and field.db_default is NOT_PROVIDED and not field.many_to_many:
            yield "adds NOT NULL without a default of the database's"
        if field.unique or (getattr(field, "db_index", False) and not field.remote_field):
            yield "builds an index without CONCURRENTLY"
    elif isinstance(operation, migrations.AddIndex) and not concurrent:
        yield "builds an index without CONCURRENTLY"
    elif isinstance(operation, migrations.AddConstraint | migrations.AlterUniqueTogether):
        yield "checks every row"
    elif isinstance(operation, migrations.AlterField):
        yield "may rewrite or scan the table"
    elif isinstance(
        operation,
        migrations.RemoveField | migrations.DeleteModel | migrations.RenameField | migrations.RenameModel,
    ):
        yield "takes away what the code before still uses"
