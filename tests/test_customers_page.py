"""The top-customers page on real rows: its numbers, every state of its address, and who may see it."""

from __future__ import annotations

import re
from html import unescape

import pytest
from django.test import Client
from pytest_django import Settings

from agentry.accounts.models import Membership, Project, Role, User
from analytics import query
from analytics.customers import questions
from tests.customers_page import NASTY, PAGE, calls, figures, names, rows, thirty_one
from tests.stored import store

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def thirty(project: Project) -> None:
    store(project.pk, thirty_one())


class TestNumbers:
    def test_a_row_says_it_all(self, reader: Client, thirty: None) -> None:
        rank, name, count, change, active, last, _, trend = rows(reader.get(PAGE))[0]
        assert (rank, name, count.split()[0], active) == ("1", "acme", "84", "28 / 30")
        assert (change, last) == ("−3.3%", "2 days ago")
        assert trend == "quiet calls every day; silent for 2 days, the first time in 60 days"

    def test_shown_and_others_are_the_total(self, reader: Client, thirty: None) -> None:
        *shown, others, total = rows(reader.get(PAGE))
        assert len(shown) == 25
        assert (others[1], total[1]) == ("6 others", "All 31 customers")
        count = [int(row[2].split()[0]) for row in (*shown, others, total)]
        assert sum(count[:-1]) == count[-1] == 84 + sum(min(30, 31 - index) for index in range(1, 30))

    def test_page_two_goes_on(self, reader: Client, thirty: None) -> None:
        *shown, others, _ = rows(reader.get(f"{PAGE}?page=2"))
        assert [row[0] for row in shown] == [str(rank) for rank in range(26, 32)]
        assert others[1] == "25 others"
        assert shown[-1][1:3] == ["c30", "0 0.0%"]

    def test_windows(self, reader: Client, thirty: None) -> None:
        seven = {row[1]: row for row in rows(reader.get(f"{PAGE}?window=7"))}
        assert seven["acme"][2].split()[0] == "15"
        assert seven["acme"][4] == "5 / 7"
        ninety = {row[1]: row for row in rows(reader.get(f"{PAGE}?window=90"))}
        assert ninety["acme"][2].split()[0] == "177"
        assert ninety["acme"][3] == "–"  # the project is younger than the window before

    def test_a_project_of_one_event(self, reader: Client, project: Project) -> None:
        store(project.pk, calls("only", range(1)))
        one, total = rows(reader.get(PAGE))
        assert one[:5] == ["1", "only", "1 100.0%", "–", "1 / 30"]
        assert one[7] == "new first call today; 1 call so far"
        assert total[1] == "1 customer"

    def test_other_events_and_other_projects_do_not_count(self, reader: Client, project: Project) -> None:
        other = Project.objects.create(team=project.team, name="Other", slug="other")
        store(other.pk, calls("theirs", range(5)))
        store(project.pk, [*calls("mine", range(3)), *calls("mine", range(3), event="signup")])
        assert names(reader.get(PAGE)) == ["mine", "1 customer"]
        assert rows(reader.get(PAGE))[0][2] == "3 100.0%"


class TestFigures:
    def test_who_was_large_and_went_silent_is_watched(
        self, reader: Client, project: Project, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(questions, "WATCHED", 2)
        gone = calls("gone", range(20, 60), 3)  # 33 of these 120 calls are in the last 30 days
        store(project.pk, [*gone, *(event for name in "abc" for event in calls(name, range(1, 31), 2))])
        _, _, growing, look = figures(reader.get(PAGE))
        assert growing == "Growing, 30 days 0 of the 2 largest"
        assert look == "Need a look now 1 1 dormant, of the 2 largest"

    def test_all_customers_are_no_sample(self, reader: Client, thirty: None) -> None:
        _, _, growing, look = figures(reader.get(f"{PAGE}?window=7"))
        assert growing.startswith("Growing, 30 days") and growing.endswith("of 31 customers")
        assert "largest" not in look

    @pytest.mark.parametrize(
        ("days", "words"),
        [(range(1), "1 of 2, as many as"), (range(1, 5), "2 of 2, 1 more than")],
    )
    def test_active_customers_are_compared_by_complete_days(
        self, reader: Client, project: Project, days: range, words: str
    ) -> None:
        store(project.pk, [*calls("old", range(61)), *calls("new", days)])
        assert figures(reader.get(PAGE))[1] == f"Active customers {words} before"

    def test_a_young_project_counts_today_too(self, reader: Client, project: Project) -> None:
        store(project.pk, calls("first", range(1)))
        assert figures(reader.get(PAGE))[1] == "Active customers 1 of 1"


class TestState:
    @pytest.mark.parametrize("sort", ["customer", "calls", "change", "active", "last", "trend"])
    def test_each_column_sorts_both_ways(self, reader: Client, thirty: None, sort: str) -> None:
        rising = names(reader.get(f"{PAGE}?sort={sort}&size=50"))[:-1]
        falling = names(reader.get(f"{PAGE}?sort=-{sort}&size=50"))[:-1]
        assert sorted(rising) == sorted(falling)
        assert rising != falling

    def test_a_header_turns_its_own_order_round(self, reader: Client, thirty: None) -> None:
        body = reader.get(PAGE).content.decode()
        assert 'aria-sort="descending"><a href="?sort=calls"' in body
        assert '<a href="?sort=-active"' in body
        assert '<a href="?sort=customer"' in body

    def test_search(self, reader: Client, thirty: None) -> None:
        response = reader.get(f"{PAGE}?search=C1")
        assert names(response)[:-2] == [f"c{index}" for index in range(10, 20)]
        assert "10 of 31 customers match" in response.content.decode()

    def test_a_search_is_text_and_no_pattern(self, reader: Client, project: Project) -> None:
        store(project.pk, [event for name in (*NASTY, "plain") for event in calls(name, range(2))])
        assert names(reader.get(PAGE, {"search": "%"}))[:-2] == ["%_%"]
        assert names(reader.get(PAGE, {"search": "\\"}))[:-2] == ['O\'Brien "quoted" \\']
        assert names(reader.get(PAGE, {"search": "' or 1=1 --"})) == []

    def test_every_link_works_without_javascript(self, reader: Client, thirty: None) -> None:
        body = reader.get(f"{PAGE}?search=c").content.decode()
        links = {unescape(link) for link in re.findall(r'href="(\?[^"]*)"', body)}
        assert len(links) > 10
        for link in links:
            assert reader.get(PAGE + link).status_code == 200, link
            assert f'hx-get="{link}"'.replace("&", "&amp;") in body or link == "?", link

    @pytest.mark.parametrize(
        "forged",
        [
            "sort=rank",
            "sort=calls;drop",
            "sort=--calls",
            "page=99999",
            "page=-1",
            "page=1e9",
            "page=٣",
            "page=" + "9" * 5000,
            "window=abc",
            "window=31",
            "window=%00",
            "size=100000",
            "search=%00",
            "search=%FF%FE",
            "search=" + "a" * 10_000,
            "sort=calls&sort=-last",
            "search[]=x&page[]=1",
        ],
    )
    def test_nonsense_shows_the_usual(self, reader: Client, thirty: None, forged: str) -> None:
        response = reader.get(f"{PAGE}?{forged}")
        assert response.status_code == 200
        assert "<h1>Customers</h1>" in response.content.decode()
        assert rows(response) or "Nobody found" in response.content.decode()

    def test_a_page_after_the_last_is_the_last(self, reader: Client, thirty: None) -> None:
        body = reader.get(f"{PAGE}?page=99999").content.decode()
        assert "Page 2 of 2" in body
        assert "There is no page “99999”. The last is 2. Shown instead: page 2." in body
        assert "Shown instead: page 1." in reader.get(f"{PAGE}?page=-1").content.decode()
        assert "There is no page" not in reader.get(f"{PAGE}?page=2").content.decode()


class TestFragment:
    def test_htmx_gets_the_part_that_changes(self, reader: Client, thirty: None) -> None:
        response = reader.get(f"{PAGE}?sort=-last&search=c&page=7", headers={"HX-Request": "true"})
        body = response.content.decode()
        assert body.lstrip().startswith('<div id="customers"')
        assert "<h1>" not in body
        assert response.headers["HX-Push-Url"] == f"{PAGE}?sort=-last&search=c&page=2"
        assert "HX-Request" in response.headers["Vary"]

    def test_going_back_gets_the_whole_page(self, reader: Client, thirty: None) -> None:
        restore = {"HX-Request": "true", "HX-History-Restore-Request": "true"}
        assert "<!doctype html>" in reader.get(PAGE, headers=restore).content.decode()

    def test_the_search_keeps_window_and_order(self, reader: Client, thirty: None) -> None:
        body = reader.get(f"{PAGE}?window=7&sort=last&page=2").content.decode()
        kept = re.findall(r'<input type="hidden" form="find" name="(\w+)" value="([^"]*)">', body)
        assert kept == [("window", "7"), ("sort", "last")]


class TestStates:
    def test_nothing_yet_says_what_to_do(self, reader: Client) -> None:
        body = reader.get(PAGE).content.decode()
        assert "No calls yet" in body
        assert 'href="/t/acme/default/keys"' in body
        assert 'name="query"' not in body

    def test_other_events_are_named(self, reader: Client, project: Project) -> None:
        store(project.pk, calls("acme", range(3), event="<signup>"))
        body = reader.get(PAGE).content.decode()
        assert "No <bdi>“api_request”</bdi> event in 30 days, nor in as many days before" in body
        assert "3 × <bdi><code>&lt;signup&gt;</code></bdi>" in body

    def test_nobody_found(self, reader: Client, thirty: None) -> None:
        body = reader.get(f"{PAGE}?search=zzz").content.decode()
        assert "Nobody found" in body
        assert "<tbody" not in body

    def test_an_error_is_said_in_words(self, reader: Client, thirty: None, settings: Settings) -> None:
        settings.QUERIES_AT_ONCE = 0
        for headers in ({}, {"HX-Request": "true"}):
            response = reader.get(f"{PAGE}?window=7", headers=headers)
            body = response.content.decode()
            assert response.status_code == 429
            assert "Try again when one of them has ended." in body
            assert 'href="?window=90"' in body
        assert reader.get(f"{PAGE}.json").json()["error"]["code"] == "too_many_queries"


class TestWhoMaySeeIt:
    def test_a_viewer_reads_but_does_not_publish(self, reader: Client, user: User, thirty: None) -> None:
        assert "Publish</button>" in reader.get(PAGE).content.decode()
        Membership.objects.filter(user=user).update(role=Role.VIEWER)
        body = reader.get(PAGE).content.decode()
        assert "acme" in body
        assert "Publish</button>" not in body

    def test_nobody_else(self, client: Client, thirty: None) -> None:
        assert client.get(PAGE).status_code == 302
        client.force_login(User.objects.create_user("other@example.com", "correct horse battery"))
        assert client.get(PAGE).status_code == 404

    def test_it_only_reads(self, reader: Client) -> None:
        assert reader.post(PAGE).status_code == 405


class TestCost:
    def test_two_questions_a_page(
        self, reader: Client, thirty: None, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        asked: list[str] = []
        run = query.run

        def listen(project: Project, hogql: str) -> query.Result:
            asked.append(hogql)
            return run(project, hogql)

        monkeypatch.setattr(query, "run", listen)
        assert reader.get(PAGE).status_code == 200
        assert len(asked) == 2 + 3  # plans, endpoints, methods: remembered for some minutes
        asked.clear()
        assert reader.get(f"{PAGE}?window=7").status_code == 200
        assert len(asked) == 2

    def test_a_full_page_stays_small(self, reader: Client, project: Project) -> None:
        store(
            project.pk, [event for index in range(30) for event in calls(f"customer_{index:03}", range(60))]
        )
        assert len(reader.get(PAGE).content) < 100_000
        assert len(reader.get(f"{PAGE}?size=50").content) < 100_000
