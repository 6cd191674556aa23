"""What somebody asks of Explore, as it stands in an address or a form, and the address that asks it again."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlencode

from django.http import QueryDict

CHARTS = ("lines", "bars", "heat", "none")
# A longer address is refused by some servers and cut by some mail programs: such a question goes in a body.
LONGEST_ADDRESS = 4_000


@dataclass(frozen=True)
class Asked:
    """`query` None: nothing is asked yet. `chart` "" is the one that the columns suggest. `run` says that
    the page itself waits for the answer, as it must without JavaScript."""

    query: str | None
    chart: str = ""
    run: bool = False

    @classmethod
    def read(cls, given: QueryDict) -> Asked:
        """A forged chart is no chart; line ends are as the editor counts them."""
        hogql, chart = given.get("query"), given.get("chart", "")
        if hogql is not None:
            hogql = hogql.replace("\r\n", "\n")
        return cls(hogql, chart if chart in CHARTS else "", "run" in given)

    def address(self, *, run: bool = False) -> str:
        """`?query=…`, or "" for a question that is too long for an address."""
        given = {"query": self.query or ""} | ({"chart": self.chart} if self.chart else {})
        text = "?" + urlencode(given | ({"run": "1"} if run else {}))
        return text if self.query and len(text) <= LONGEST_ADDRESS else ""
