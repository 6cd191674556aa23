"""How all customers stand, kept: the same numbers and flags as asked for anew."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection, transaction
from django.http import StreamingHttpResponse
from django.test import Client
from django.utils import timezone

from agentry.accounts.models import Project
from analytics.customers import anew, questions, standing
from analytics.customers.tasks import begin_standings, keep_standings
from analytics.engines import postgres_standings as sql
from analytics.models import Customer, FlagThresholds, Standings
from tests.customers_page import NASTY, PAGE, calls, figures, names, rows, thirty_one
from tests.stored import store

pytestmark = pytest.mark.django_db(transaction=True)
SORTS = ["customer", "calls", "change", "active", "last", "trend"]


@pytest.fixture
def thirty(project: Project) -> None:
    store(project.pk, [*thirty_one(), *calls(None, range(9)), *calls("", range(50))])


def keep(project: Project) -> Standings:
    kept, _ = Standings.objects.get_or_create(project=project, event="api_request")
    assert standing.keep(kept)
    kept.refresh_from_db()
    return kept


def many(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(standing, "MANY", 10)


class TestTheSameAsAskedAnew:
    @pytest.mark.parametrize("window", [7, 30, 90])
    @pytest.mark.parametrize("sort", [sign + sort for sort in SORTS for sign in ("", "-")])
    def test_every_row(
        self, reader: Client, thirty: None, project: Project, monkeypatch: pytest.MonkeyPatch,
        sort: str, window: int,
    ) -> None:  # fmt: skip
        address = f"{PAGE}?window={window}&sort={sort}&size=50"
        asked = reader.get(address)
        keep(project)
        many(monkeypatch)
        kept = reader.get(address)
        assert "kept figures" in kept.content.decode()
        assert rows(kept) == rows(asked)
        assert figures(kept)[:2] == figures(asked)[:2]

    @pytest.mark.parametrize("search", ["?search=C1", "?search=%25", "?flag=quiet", "?flag=quiet&search=zz"])
    def test_search_flag_and_pages(
        self, reader: Client, thirty: None, project: Project, monkeypatch: pytest.MonkeyPatch, search: str
    ) -> None:
        asked = reader.get(PAGE + search)
        keep(project)
        many(monkeypatch)
        kept = reader.get(PAGE + search)
        assert rows(kept) == rows(asked)

    def test_what_is_published_names_the_customers_of_the_flag(
        self, reader: Client, thirty: None, project: Project, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        keep(project)
        few = reader.get(f"{PAGE}?flag=dormant").context["published"]
        many(monkeypatch)
        assert "customer_id in (" in few
        assert reader.get(f"{PAGE}?flag=dormant").context["published"] == few

    def test_pages_and_files(
        self, reader: Client, thirty: None, project: Project, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        keep(project)
        many(monkeypatch)
        shown = [*names(reader.get(PAGE))[:-2], *names(reader.get(f"{PAGE}?page=2"))[:-2]]
        response = reader.get(f"{PAGE}.json")
        assert isinstance(response, StreamingHttpResponse)
        answer = json.loads(response.getvalue())
        assert len(shown) == answer["row_count"] == 33
        named = {None: "(no customer_id)", "": "(empty customer_id)"}
        assert [named.get(row["customer_id"], row["customer_id"]) for row in answer["rows"]] == shown

    @pytest.mark.parametrize("sort", SORTS)
    @pytest.mark.parametrize("search", ["", "%1%"])
    def test_pages_follow_each_other_wherever_they_are_counted_from(
        self, thirty: None, project: Project, sort: str, search: str
    ) -> None:
        keep(project)
        for falling in (True, False):
            asked = sql.Asked(project.pk, "api_request", 30, sort, falling, search, (), ())
            count = sql.count(asked)
            whole = sql.page(asked, count, 0, count)
            assert len(whole) == count > 10
            for size in (1, 7, count - 1):
                pages = [sql.page(asked, size, start, count) for start in range(0, count + size, size)]
                assert [row for page in pages for row in page] == whole

    def test_strange_names(self, reader: Client, project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
        store(project.pk, [event for name in NASTY for event in calls(name, range(2))])
        asked = rows(reader.get(PAGE))
        keep(project)
        monkeypatch.setattr(standing, "MANY", 3)
        assert rows(reader.get(PAGE)) == asked

    def test_flags_of_everybody(
        self, reader: Client, project: Project, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(questions, "WATCHED", 2)
        gone = calls("gone", range(20, 61), 1)
        store(project.pk, [*gone, *(event for name in "abc" for event in calls(name, range(61), 2))])
        assert figures(reader.get(PAGE))[3].endswith("of the 2 largest")
        assert names(reader.get(f"{PAGE}?flag=dormant")) == []
        kept = keep(project)
        response = reader.get(PAGE)
        assert figures(response)[3] == "Need a look now 1 1 dormant"
        assert kept.as_of is not None
        assert f"{kept.as_of:%H:%M:%S}" in response.content.decode()
        assert names(reader.get(f"{PAGE}?flag=dormant"))[0] == "gone"
        assert names(reader.get(f"{PAGE}?flag=dormant&window=90&plan=x")) == []


class TestKeeping:
    def test_what_changes_is_written_and_what_goes_is_deleted(self, project: Project) -> None:
        store(project.pk, [*calls("a", range(3)), *calls("b", range(300, 303)), *calls(None, range(2))])
        keep(project)
        with connection.cursor() as cursor:
            cursor.execute("SELECT customer_id, calls_7, flag, xmin::text FROM standings ORDER BY 1")
            first = cursor.fetchall()
            assert [row[:3] for row in first] == [("a", 3, "new"), (None, 2, "new")]
            cursor.execute("DELETE FROM usage_day WHERE customer_id IS NULL")
            keep(project)
            cursor.execute("SELECT customer_id, calls_7, flag, xmin::text FROM standings")
            assert cursor.fetchall() == first[:1]

    def test_other_projects_and_events_stay(self, project: Project) -> None:
        other = Project.objects.create(team=project.team, name="Other", slug="other")
        store(other.pk, calls("theirs", range(3)))
        store(project.pk, [*calls("mine", range(3)), *calls("mine", range(3), event="signup")])
        keep(other)
        assert sql.named(other.pk, "api_request", ["new"], 9) == ["theirs"]
        keep(project)
        assert sql.named(other.pk, "api_request", ["new"], 9) == ["theirs"]
        assert sql.named(project.pk, "api_request", ["new"], 9) == ["mine"]

    def test_two_at_once_are_one(self, project: Project) -> None:
        kept = keep(project)
        with transaction.atomic():
            assert sql.claim(kept.pk)
            other = connection.copy()
            try:
                with other.cursor() as cursor:
                    cursor.execute("SELECT pg_try_advisory_xact_lock(%s, %s)", [sql.LOCK, kept.pk])
                    assert cursor.fetchone() == (False,)
            finally:
                other.close()

    def test_whose_turn_it_is(self, project: Project) -> None:
        now = timezone.now()
        kept = Standings.objects.create(project=project, event="api_request")
        change = Standings.objects.filter(pk=kept.pk).update
        for age, took_ms, asked, is_due in (
            (None, 0, 0, True),
            (timedelta(seconds=30), 10, 0, False),
            (timedelta(seconds=61), 10, 0, True),
            (timedelta(minutes=15), 120_000, 0, False),
            (timedelta(minutes=21), 120_000, 0, True),
            (timedelta(hours=5), 10, 2, False),
            (timedelta(hours=7), 10, 2, True),
            (timedelta(days=2), 10, 31, False),
        ):
            change(as_of=age and now - age, took_ms=took_ms, asked_at=now - timedelta(days=asked))
            assert bool(standing.due(now)) is is_due, (age, took_ms, asked)

    def test_opening_the_page_begins_it(self, reader: Client, project: Project, thirty: None) -> None:
        reader.get(PAGE)
        keep_standings()
        assert Standings.objects.get(project=project).customers == 33

    def test_a_large_project_begins_without_a_visitor(
        self, project: Project, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        store(project.pk, [*calls("a", range(3)), *calls("b", range(3))])
        begin_standings()
        assert not Standings.objects.exists()
        monkeypatch.setattr(standing, "BUSY", 2)
        begin_standings()
        assert Standings.objects.get().project == project

    def test_few_customers_are_judged_as_they_are_now(self, reader: Client, project: Project) -> None:
        keep(project)  # nobody yet
        store(project.pk, [*calls("first", range(1)), *calls("second", range(3)), *calls("third", range(2))])
        response = reader.get(PAGE)
        assert figures(response)[2] == "Growing, 30 days 0 of 3 customers"
        assert "counts of flags as of" not in response.content.decode()
        assert names(reader.get(f"{PAGE}?flag=new")) == ["second", "third", "first", "All 3 customers"]

    def test_a_cap_is_heeded_as_soon_as_it_is_saved(
        self, reader: Client, project: Project, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        told: list[str] = []
        monkeypatch.setattr(anew, "tell", told.append)
        monkeypatch.setattr(questions, "WATCHED", 1)
        store(project.pk, [*calls("capped", range(61), 3), *calls("free", range(61), 2)])
        kept = keep(project)
        assert "counts of flags as of" in reader.get(PAGE).content.decode()
        assert not standing.due(timezone.now())
        reader.post("/t/acme/default/customer/note", {"id": "capped", "monthly_cap": "2"})
        assert names(reader.get(f"{PAGE}?flag=near+cap"))[0] == "capped"
        assert told == [anew.TASK] and standing.due(timezone.now()) == [kept]
        keep_standings()
        assert not standing.due(timezone.now())
        assert "counts of flags as of" in reader.get(PAGE).content.decode()
        assert names(reader.get(f"{PAGE}?flag=near+cap"))[0] == "capped"


class TestFlagsThatDaysDoNotShow:
    def test_a_silence_of_hours(self, reader: Client, project: Project) -> None:
        now = datetime.now(UTC).replace(minute=0, second=0, microsecond=0)
        store(
            project.pk,
            [
                {"timestamp": now - timedelta(hours=ago), "customer_id": name, "event": "api_request"}
                for name, first in (("hourly", 7), ("talks", 1))
                for ago in range(first, 28 * 24)
            ],
        )
        kept = keep(project)
        assert kept.totals["flags"] == {"quiet": 1, "new": 1}
        quiet, talks, *_ = rows(reader.get(f"{PAGE}?sort=customer"))
        assert quiet[7] == "quiet calls every hour; silent for 6 hours, the first time in 28 days"
        assert talks[7].startswith("new")
        assert names(reader.get(f"{PAGE}?flag=quiet"))[0] == "hourly"
        response = reader.get(f"{PAGE}.csv?flag=quiet")
        assert isinstance(response, StreamingHttpResponse)
        assert b"silent for 6 hours" in response.getvalue()

    def test_near_its_cap(self, reader: Client, project: Project) -> None:
        today = datetime.now(UTC).date()
        month = range(today.day)  # today and the days of this month before it
        store(project.pk, [*calls("capped", range(61), 2), *calls("free", range(61), 2)])
        Customer.objects.create(project=project, customer_id="capped", monthly_cap=2 * len(month) + 1)
        for _ in range(2):
            capped, free, *_ = rows(reader.get(f"{PAGE}?sort=customer"))
            used, cap = 2 * len(month), 2 * len(month) + 1
            assert capped[7].startswith(
                f"near cap {used} of {cap} calls this month, {used / cap:.0%} of its cap: "
            )
            assert free[7].startswith("steady")
            assert names(reader.get(f"{PAGE}?flag=near+cap"))[0] == "capped"
            keep(project)

    def test_by_the_projects_own_thresholds(self, reader: Client, project: Project) -> None:
        store(project.pk, [*calls("acme", range(2, 61), 3), *calls("bolt", range(7, 61), 2)])
        acme, bolt, *_ = rows(reader.get(PAGE))
        assert (acme[7].split()[0], bolt[7].split()[0]) == ("quiet", "quiet")
        FlagThresholds.objects.create(project=project, values={"surprise": 1, "dormant_days": 6, "gone": 1})
        acme, bolt, *_ = rows(reader.get(PAGE))
        assert (acme[7].split()[0], bolt[7].split()[0]) == ("steady", "dormant")
        keep(project)
        assert names(reader.get(f"{PAGE}?flag=dormant"))[0] == "bolt"
