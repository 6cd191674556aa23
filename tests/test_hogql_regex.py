"""Regular expressions: what ClickHouse's RE2 finds, or a refusal; never another match."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from agentry.accounts.models import Project
from agentry.errors import AgentryError
from analytics import query
from analytics.hogql import regex
from analytics.hogql.regex_parse import RegexError, parse
from tests.clickhouse import ask

pytestmark = pytest.mark.django_db(transaction=True)

# A tiny alphabet, so that texts and patterns meet: two letters, a sign, a line's end, a letter of two bytes.
LETTERS = "ab-"
TEXTS = [
    "",
    "a",
    "b",
    "ab",
    "ba",
    "aab",
    "abab",
    "a-b",
    "-ab-",
    "aa-bb-ab",
    "bbbaaa",
    "a\nb",
    "\nab\n",
    "äab",
]

ATOMS = st.sampled_from(
    [
        "a",
        "b",
        "-",
        ".",
        "[ab]",
        "[^a]",
        "\\w",
        "\\W",
        "\\s",
        "^",
        "$",
        "\\b",
        "\\B",
        "ab",
        "a-",
        "\\n",
        "[^-]",
    ]
)
COUNTS = st.sampled_from(["", "", "", "*", "+", "?", "*?", "+?", "??", "{2}", "{1,2}", "{0,2}?", "{1,}"])


def _larger(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    several = st.lists(inner, min_size=1, max_size=3)
    return st.one_of(
        several.map("".join),
        several.map(lambda options: "(" + "|".join(options) + ")"),
        several.map(lambda options: "(?:" + "|".join(options) + ")"),
        st.tuples(inner, COUNTS).map(lambda pair: f"({pair[0]}){pair[1]}"),
        st.tuples(inner, COUNTS).map(lambda pair: f"(?:{pair[0]}){pair[1]}"),
    )


PATTERNS = st.tuples(
    st.sampled_from(["", "", "", "(?i)", "(?m)", "(?U)", "(?-s)"]),
    st.recursive(st.tuples(ATOMS, COUNTS).map("".join), _larger, max_leaves=6),
).map("".join)

CALLS = [
    "match({s}, {p})", "extract({s}, {p})", "regexpExtract({s}, {p}, 0)", "extractAll({s}, {p})",
    "extractGroups({s}, {p})", "countMatches({s}, {p})", "countMatchesCaseInsensitive({s}, {p})",
    "splitByRegexp({p}, {s})", "replaceRegexpOne({s}, {p}, '<\\\\0>')",
    "replaceRegexpAll({s}, {p}, '<\\\\0>')", "replaceRegexpAll({s}, {p}, '[\\\\1]')",
    "replaceRegexpOne({s}, {p}, '\\\\2-\\\\1')",
]  # fmt: skip
COMMON = [
    r"v(\d+)\.(\d+)", r"^/v1/([^/]+)", r"https?://([^/?#]+)", r"^(\w+)@", "[0-9]+", r"/\d+",
    "(foo|bar)", "a.*b", '".*?"', '"(.*?)"', r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}",
    r"\bfoo\b", r"\s+",
    r"(\w+)\s*=\s*(\w+)", r"(GET|POST|PUT) (/\S*)", r"(\d{4})-(\d{2})-(\d{2})", r"(\d+)$", r"^\s+|\s+$",
    r"[?&]utm_source=([^&#]*)", r"(?i)chrome/(\d+)(?:\.\d+)*", r"^(?:www\.)?(.+)$", r"/users/([^/]+)/orders",
    r"^([^@]+)@([^@]+)$", r"\.(\w+)$", r"(?P<major>\d+)\.(?P<minor>\d+)", r"[^a-zA-Z0-9]+",
    r"id=(\d+)(?:&|$)", r"^(4|5)\d\d$", r"(iPhone|Android|Windows)", r"python-requests/([\d.]+)",
    r"\[(.*?)\]", r"<[^>]+>",
]  # fmt: skip
# With groups whose ends have more than one answer.
SEVERAL = [
    (r"(.*)-(.*)", (1,)), (r"(.*)-(.*)", (2,)), (r"^(.*?)-(.*)$", (1, 2)), (r"^.*?(\d+)$", (1,)),
    (r"(.+)/(.+)", (1, 2)), (r"^/v(\d+)/(\w+).*$", (1, 2)), (r"^(\w+?)(\w*)(\d)-?(.*)$", (1, 2, 3, 4)),
    (r"^(v\d)?/?(\w*)/?(.*)$", (1, 2, 3)),
]  # fmt: skip
INVALID = [
    "(",
    ")",
    "[",
    "a**",
    "*a",
    "(?=a)",
    "(?<!a)",
    "\\1",
    "a{2,1}",
    "[z-a]",
    "\\pL",
    "a{1000}",
    "(?",
    "\\",
    "\\q",
]


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace("'", "\\'").replace("\n", "\\n")
    return f"'{escaped}'"


@settings(max_examples=400, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(pattern=PATTERNS, call=st.sampled_from(CALLS))
def test_a_match_is_re2s_or_refused(project: Project, pattern: str, call: str) -> None:
    items = [call.format(s=_quoted(text), p=_quoted(pattern)) for text in TEXTS]
    text = "select " + ", ".join(f"{item} as c{index}" for index, item in enumerate(items))
    try:
        found = query.run(project, text).rows[0]
    except AgentryError as error:
        assert error.status == 400, error.message
        return
    assert list(found) == ask(text)[2][0]


@pytest.mark.parametrize("pattern", COMMON)
def test_common_patterns_are_answered(pattern: str) -> None:
    regex.condition(pattern)
    regex.search(pattern, ())
    regex.search(pattern, tuple(range(1, parse(pattern)[1] + 1)))


@pytest.mark.parametrize(("pattern", "groups"), SEVERAL)
def test_groups_may_be_told_from_the_rest(project: Project, pattern: str, groups: tuple[int, ...]) -> None:
    new = _quoted("|".join(f"\\{group}" for group in groups))
    items = [
        f"replaceRegexpOne({_quoted(text)}, {_quoted(pattern)}, {new})" for text in [*TEXTS, "a-b/c-12/x"]
    ]
    text = "select " + ", ".join(f"{item} as c{index}" for index, item in enumerate(items))
    assert list(query.run(project, text).rows[0]) == ask(text)[2][0]


@pytest.mark.parametrize("pattern", INVALID)
def test_what_is_not_known_is_refused(project: Project, pattern: str) -> None:
    with pytest.raises(AgentryError) as refusal:
        query.run(project, f"select match('a', {_quoted(pattern)})")
    assert refusal.value.status == 400
    assert "regular expression" in refusal.value.message


def test_a_long_pattern_or_proof_is_refused(project: Project) -> None:
    with pytest.raises(RegexError):
        regex.condition("a" * 201)
    with pytest.raises(RegexError):
        regex.search("(a{1,200}b?){200}", ())
    with pytest.raises(AgentryError):
        query.run(project, "select match('a', event) from events")
