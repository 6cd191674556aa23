"""What a developer needs to sign in, send and ask: kept in the data directory, shown at each start."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

ACCOUNT = "account.json"  # what `manage.py prepare` made, at the first start
DEMO = "demo.json"  # what is shown: written last, when everything answers


def read(path: Path) -> dict[str, Any]:
    """The facts of a file; none when it is missing or was cut short by a crash."""
    try:
        facts = json.loads(path.read_text())
    except (FileNotFoundError, ValueError):
        return {}
    return facts if isinstance(facts, dict) else {}


def write(path: Path, facts: dict[str, Any]) -> None:
    """Replace the file at once, readable by its owner only."""
    part = path.with_suffix(".part")
    with open(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
        json.dump(facts, file, indent=2)
        file.write("\n")
        file.flush()
        os.fsync(file.fileno())
    part.replace(path)


def block(facts: dict[str, Any], data_dir: Path) -> str:
    """The facts as one reads them in a terminal, with a first event and a first question to paste."""
    address = f"{facts['url']}/v1/analytics/{facts['project']}"
    event = '{"event": "api_request", "distinct_id": "acme_corp", "properties": {"customer_id": "acme_corp"}}'
    question = (
        "select properties.customer_id as customer_id, count() as calls from events group by customer_id"
    )
    return f"""
Agentry is ready: {facts["url"]}

  Sign in      {facts["email"]}   password {facts["password"]}
  Team         {facts["team"]}, project {facts["project"]}
  DSN key      {facts["dsn"]}
  API token    {facts["api_token"]}
  Dashboard    {facts["publication_url"] or "none yet"}

Send an event:

  curl -A first-try/1.0 -H 'Authorization: Bearer {facts["dsn"]}' '{address}/?wait=true' \\
       -d '{event}'

Ask who calls:

  curl -H 'Authorization: Bearer {facts["api_token"]}' {address}/query/ \\
       -H 'Content-Type: application/json' -d '{{"query": "{question}"}}'

Ctrl-C stops everything. The data stay in {data_dir}.
"""
