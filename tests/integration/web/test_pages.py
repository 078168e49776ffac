"""Every page and every file over a database that real runs filled."""

from __future__ import annotations

import csv
import io
import re
from html import unescape
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

from fixtures.dashboard import TOKEN, Visit, fill, visiting
from fixtures.stores import SCHOOLS, school, schools, sync
from headgate.config.guard import GuardConfig
from headgate.config.settings import PipelineConfig
from headgate.store import DatabaseManager, EntityTable, QuarantinedRow, Store, browsing
from headgate.web import counting

EVIL = "<script>alert(1)</script>"


async def everything(database: str) -> list[str]:
    """Fill a database with changes of every kind and with a quarantine; return the ids of the runs."""
    runs = await fill(
        database,
        SCHOOLS,
        schools(*range(1, 61)),
        [school(1, "Renamed", 7), *schools(*range(3, 70))],
        schools(*range(3, 70)),
    )
    async with DatabaseManager(database) as db:
        refused = [QuarantinedRow({"id": "x", "name": EVIL}, [f"id: {EVIL}"], None)]
        runs.append((await sync(Store(db), {"": schools(*range(3, 72))}, quarantine=refused)).id)
    return runs


PAGES = (
    "/",
    "/runs",
    "/runs?source=test&status=applied",
    "/runs/{run}",
    "/runs/{run}/changes",
    "/runs/{run}/duplicates",
    "/runs/{run}/changes?entity=schools&operation=updated&q=renamed",
    "/entities",
    "/entities/schools",
    "/entities/schools?q=renamed",
    "/entities/schools?at=2026-01-01",
    "/entities/schools/row?key=%5B1%5D",
    "/entities/schools/row?key=%5B1%5D&at=now",
    "/trends",
    "/trends?entity=schools&by=name&field=members",
    "/quality",
    "/quarantine",
    "/quarantine?entity=schools",
    "/health",
    "/settings",
    "/sign-in",
)
FILES = (
    "/runs",
    "/runs/{run}/changes",
    "/entities",
    "/entities/schools/rows",
    "/entities/schools/row?key=%5B1%5D",
    "/entities/schools/sides?key=%5B1%5D&a=2020-01-01&b=now",
    "/trends?entity=schools&by=name",
    "/quality",
    "/quarantine",
    "/health",
    "/settings",
    "/sources",
    "/sinks",
    "/hosts",
    "/alerts",
    "/runs/{run}/funnel",
    "/runs/{run}/requests",
    "/runs/{run}/stages",
    "/runs/{run}/progress",
    "/runs/{run}/duplicates",
    "/runs/{run}/hosts",
    "/runs/{run}/findings",
)


async def test_every_page_is_shown(database_url: str) -> None:
    """Every page answers with a whole page, signed in and not, and leads to no page that is not there."""
    run = (await everything(database_url))[1]
    async with visiting(database_url) as visit:
        for signed_in in (False, True):
            if signed_in:
                await visit.sign_in()
            links: set[str] = set()
            for template in PAGES:
                page = await visit.get(template.replace("{run}", run))
                assert page.status_code == 200, (template, page.text)
                assert page.text.rstrip().endswith("</html>")
                links |= links_of(page.text)
            for link in sorted(links):
                assert (await visit.get(link)).status_code == 200, link


def links_of(page: str) -> set[str]:
    """Return the pages that a page leads to."""
    found = {unescape(link).partition("#")[0] for link in re.findall(r'href="(/[^"]*)"', page)}
    return {link for link in found if not link.startswith("/static/")}


async def test_every_table_is_a_file_too(database_url: str) -> None:
    """Each table comes as CSV that a reader of CSV reads, and as JSON, under a name of its own."""
    run = (await everything(database_url))[1]
    async with visiting(database_url) as visit:
        for template in FILES:
            path, _, query = template.replace("{run}", run).partition("?")
            table = await visit.client.get(f"{path}.csv?{query}")
            assert table.headers["Content-Type"].startswith("text/csv"), path
            assert "attachment" in table.headers["Content-Disposition"]
            lines = list(csv.reader(io.StringIO(table.text)))
            assert {len(line) for line in lines} == {len(lines[0])}, path
            values = (await visit.client.get(f"{path}.json?{query}")).json()
            [rows] = [value for value in values.values() if isinstance(value, list) and not isinstance(value, str)][-1:]
            assert bool(rows) == (len(lines) > 1), path


async def test_file_of_changes_holds_every_change(database_url: str) -> None:
    """The file holds what the page shows in parts: each change once, each field with both values."""
    run = (await everything(database_url))[1]
    async with visiting(database_url) as visit:
        changes = (await visit.client.get(f"/runs/{run}/changes.json")).json()["changes"]
        operations = [change["operation"] for change in changes]
        assert {word: operations.count(word) for word in set(operations)} == {"new": 9, "updated": 1, "deleted": 1}
        [updated] = [change for change in changes if change["operation"] == "updated"]
        assert updated["fields"] == {
            "members": {"old": 1, "new": 7},
            "name": {"old": "School 1", "new": "Renamed"},
        }
        lines = list(csv.DictReader(io.StringIO((await visit.client.get(f"/runs/{run}/changes.csv")).text)))
        assert len(lines) == 9 + 1 + 2


@pytest.mark.parametrize(
    ("path", "expected"), [("/runs/{run}/changes", {"Renamed"}), ("/entities/schools/rows", {"School 61", "School 62"})]
)
async def test_files_hold_what_the_search_on_the_page_finds(
    database_url: str, path: str, expected: set[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A file holds what is searched for and nothing else, from all parts that a search goes through."""
    monkeypatch.setattr(browsing, "SEARCHED", 7)
    run = (await everything(database_url))[1]
    text = "RENAMED" if "runs" in path else "school 6"
    async with visiting(database_url) as visit:
        address = path.replace("{run}", run)
        found = (await visit.client.get(f"{address}.json?q={quote(text)}")).json()
        rows = found.get("changes") or found["rows"]
        names = {row.get("label") or row["name"] for row in rows}
        assert expected <= names
        assert all(text.lower() in name.lower() for name in names)
        lines = (await visit.client.get(f"{address}.csv?q={quote(text)}")).text
        assert all(name in lines for name in names)
        assert "School 33" not in lines


async def test_planned_rows_lead_to_no_history_that_is_not_there(database_url: str) -> None:
    """A row that a plan would bring has no history yet: only rows that were there before lead to theirs."""
    await fill(database_url, SCHOOLS, schools(*range(1, 9)))
    async with DatabaseManager(database_url) as db:
        run = (await sync(Store(db), {"": schools(1, 77)}, limits=GuardConfig(max_delete_share=0.1))).id
    async with visiting(database_url) as visit:
        page = (await visit.get(f"/runs/{run}/changes")).text
        assert "School 77" in page
        links = [link for link in links_of(page) if "/row?" in link]
        assert len(links) == 7
        assert {(await visit.get(link)).status_code for link in links} == {200}


async def test_only_the_newest_held_run_of_a_source_is_told_in_full(database_url: str) -> None:
    """Runs that are held day after day stand in one place: the newest with its reasons, the others behind a link."""
    await fill(database_url, SCHOOLS, schools(*range(1, 9)))
    async with DatabaseManager(database_url) as db:
        held = [
            (await sync(Store(db), {"": schools(1, extra)}, limits=GuardConfig(max_delete_share=0.1))).id
            for extra in (77, 78, 79)
        ]
    async with visiting(database_url) as visit:
        await visit.sign_in()
        page = (await visit.get("/")).text
        assert "3 runs wait for your decision" in page
        assert [run for run in held if f"/runs/{run}/approve" in page] == held[-1:]
        [link] = [link for link in links_of(page) if "status=held" in link]
        earlier = (await visit.get(link)).text
        assert all(run in earlier for run in held)


async def test_long_names_of_sources_lead_to_their_runs(database_url: str) -> None:
    """A source with a very long name has its runs, its quality and its files like any other."""
    name = "a source of many words " * 30
    async with DatabaseManager(database_url) as db:
        store = Store(db)
        await store.open()
        async with store.run(name, [SCHOOLS]) as run:
            await run.stage("schools", schools(1), complete=True)
            await run.commit(await run.plan())
    async with visiting(database_url) as visit:
        for link in sorted(links_of((await visit.get("/")).text)):
            assert (await visit.get(link)).status_code == 200, link
        found = (await visit.client.get("/runs.json", params={"source": name})).json()["runs"]
        assert [run["source"] for run in found] == [name]


async def test_duplicates_are_named(database_url: str) -> None:
    """The count of duplicates in the funnel leads to the keys that came more than once, and they to their rows."""
    [run] = await fill(database_url, SCHOOLS, [*schools(1, 2, 3), *schools(1, 1, 3)])
    async with visiting(database_url) as visit:
        links = links_of((await visit.get(f"/runs/{run}")).text)
        [link] = [link for link in links if "/duplicates?" in link]
        page = await visit.get(link)
        assert "School 1" in page.text
        assert "School 2" not in page.text
        assert sum("/row?" in one for one in links_of(page.text)) == 2
        rows = (await visit.client.get(f"/runs/{run}/duplicates.json?entity=schools")).json()["rows"]
        assert [(row["label"], row["duplicates"]) for row in rows] == [("School 1", 2), ("School 3", 1)]
        assert (await visit.client.get(f"/runs/{run}/duplicates.json?entity=other")).json()["rows"] == []


async def test_groups_of_a_trend_have_the_names_of_what_they_refer_to(database_url: str) -> None:
    """A field that holds the key of another entity makes groups with the names of its rows, also of those now gone."""
    leagues = EntityTable("leagues", ("id",), {"id": "integer", "name": "text"})
    teams = EntityTable("teams", ("id",), {"id": "integer", "league": "integer"}, parents={"league": "leagues"})
    async with DatabaseManager(database_url) as db:
        store = Store(db)
        await store.open()
        for listed in ([{"id": 7, "name": f"East {EVIL}"}, {"id": 8, "name": "West"}], [{"id": 8, "name": "Far West"}]):
            async with store.run("test", [leagues, teams]) as run:
                await run.stage("leagues", listed, complete=True)
                await run.stage("teams", [{"id": n, "league": 7 + n % 3} for n in range(9)], complete=True)
                await run.commit(await run.plan())
    async with visiting(database_url) as visit:
        page = (await visit.get("/trends?entity=teams&by=league")).text
        assert "East &lt;script&gt;" in page
        assert "Far West" in page
        points = (await visit.client.get("/trends.json?entity=teams&by=league")).json()["points"]
        assert {(one["group"], one["name"]) for one in points} == {
            ("7", f"East {EVIL}"),
            ("8", "Far West"),
            ("9", None),
        }


async def test_trend_that_takes_long_is_shown_when_it_is_counted(
    database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A page does not wait for a long count: it says so, asks again without a script too, and has it then."""
    await everything(database_url)
    async with visiting(database_url) as visit:
        monkeypatch.setattr(counting, "_PATIENCE", 0.0)
        page = (await visit.get("/trends?entity=schools&by=name")).text
        assert "data-waiting" in page
        assert '<noscript><meta http-equiv="refresh"' in page
        monkeypatch.undo()
        page = (await visit.get("/trends?entity=schools&by=name")).text
        assert "data-waiting" not in page
        assert "refresh" not in page
        assert "<svg" in page


async def test_names_of_sources_and_visitors_are_harmless(database_url: str) -> None:
    """Marks of direction and tags in the name of a source, an error or a visitor are written out on every page."""
    name = f"{EVIL}\u202egnp\u2066"
    async with DatabaseManager(database_url) as db:
        store = Store(db)
        await store.open()
        with pytest.raises(ValueError, match="script"):
            async with store.run(name, [SCHOOLS]):
                raise ValueError(name * 1000)
        [run] = await store.runs()
    async with visiting(database_url) as visit:
        await visit.sign_in(name)
        for path, text in (await texts(visit, "/", "/runs", f"/runs/{run.id}", "/quality", "/health")).items():
            shown = re.sub(r"<option[^>]*>", "", text)
            assert "<script>alert" not in shown, path
            assert not {"\u202e", "\u2066"} & set(shown), path
            assert len(shown) < 50_000, path


async def test_taking_a_run_back_makes_nothing_fresh(database_url: str) -> None:
    """A source is as fresh as its last run that read it, whatever was taken back or decided since."""
    last = (await everything(database_url))[-1]
    async with visiting(database_url) as visit:
        before = (await visit.client.get("/sources.json")).json()["rows"]
        csrf = await visit.sign_in()
        plan = (await visit.post(f"/runs/{last}/rollback", csrf=csrf)).headers["Location"].removesuffix("/changes")
        done = [await visit.post(f"{plan}/{action}", csrf=csrf) for action in ("apply", "approve")]
        assert 303 in {answer.status_code for answer in done}
        [after] = (await visit.client.get("/sources.json")).json()["rows"]
        assert after["run"] != before[0]["run"]
        assert after["fresh_at"] == before[0]["fresh_at"] is not None


async def test_numbers_beyond_their_limits_stand_on_the_first_page(database_url: str) -> None:
    """What an alert would tell of is the first thing that is said, before anybody was told."""
    await everything(database_url)
    rule = {"metric": "entity_rows", "above": 50, "severity": "critical", "summary": "Too many to count."}
    settings = PipelineConfig(database_url=database_url, alerts={"rules": {"many_rows": rule}})
    async with visiting(database_url) as visit:
        visit.app.state.settings = settings
        page = (await visit.get("/")).text
        assert "beyond" in page
        assert "Too many to count." in page
        [alert] = [row for row in (await visit.client.get("/alerts.json")).json()["rows"] if row["rule"] == "many_rows"]
        assert alert["limit"] == 50


async def test_list_goes_on_to_its_end(database_url: str) -> None:
    """The links to the next page lead through all rows, each once."""
    await everything(database_url)
    async with visiting(database_url) as visit:
        path, seen = "/entities/schools", []
        for _ in range(5):
            page = (await visit.get(path)).text
            seen += [link for link in links_of(page) if "/row?" in link]
            following = [link for link in links_of(page) if "after=" in link]
            if not following:
                break
            path = following[0]
    assert len(seen) == len(set(seen)) == 69


@pytest.mark.parametrize(
    "path",
    [
        "/runs/nothing",
        "/runs/nothing/changes",
        "/runs/nothing/report.json",
        "/entities/nothing",
        "/entities/schools/row?key=%5B999%5D",
        "/entities/schools/row?key=1",
        "/entities/schools/row?key=%5B1,2%5D",
        "/quarantine/99999",
        "/trends?entity=nothing",
        "/nowhere",
        "/static/nothing.css",
        "/static/../app.py",
        "/static/%2e%2e/app.py",
    ],
)
async def test_what_is_not_there_is_said_so(database_url: str, path: str) -> None:
    """A page or JSON says what there is not, with a status that says so too."""
    await fill(database_url, SCHOOLS, schools(1))
    async with visiting(database_url) as visit:
        assert (await visit.get(path)).status_code == 404
        told = await visit.client.get(path)
        assert told.status_code == 404
        assert told.headers["Content-Type"] == "application/json" or path.startswith("/static")


@pytest.mark.parametrize(
    "path",
    [
        "/runs?before=-1",
        "/runs?status=odd",
        "/runs/{run}/changes?after=x",
        "/runs/{run}/changes?operation=odd",
        "/entities/schools?after=%F0%9F",
        "/entities/schools?at=soon",
        "/entities/schools/row?key=%5B1%5D&at=0001-01-01T00:00:00%2B14:00",
        "/trends?entity=schools&field=name",
        "/trends?entity=schools&by=nothing",
        "/runs?before=99999999999999999999999",
        "/quarantine?before=99999999999999999999999",
    ],
)
async def test_nonsense_is_refused_with_words(database_url: str, path: str) -> None:
    """What cannot be understood is refused with a sentence, never with a failure of the server."""
    [run] = await fill(database_url, SCHOOLS, schools(1))
    async with visiting(database_url) as visit:
        answer = await visit.get(path.replace("{run}", run))
        assert answer.status_code in {400, 404, 422}, answer.text
        assert "<h1>" in answer.text


async def test_row_is_restored(database_url: str) -> None:
    """The page previews what restoring changes; the form restores it in a run of its own."""
    first, *_ = await everything(database_url)
    async with DatabaseManager(database_url) as db:
        then = (await Store(db).find_run(first)).finished_at
    assert then is not None
    async with visiting(database_url) as visit:
        csrf = await visit.sign_in()
        page = await visit.get(f"/entities/schools/row?key=%5B3%5D&at={quote(then.isoformat())}")
        assert "It is the same now" in page.text
        page = await visit.get(f"/entities/schools/row?key=%5B1%5D&at={quote(then.isoformat())}")
        assert "Restoring this would change" in page.text
        answer = await visit.post("/entities/schools/restore", csrf=csrf, key="[1]", at=then.isoformat())
        assert answer.status_code == 303, answer.text
        plan = answer.headers["Location"].removesuffix("/changes")
        assert "School 1" in (await visit.get(f"{plan}/changes")).text
        assert (await visit.post(f"{plan}/apply", csrf=csrf)).status_code == 303
        row = (await visit.client.get("/entities/schools/row.json?key=%5B1%5D")).json()
        assert row["versions"][0]["document"]["name"] == "School 1"


async def test_compared_versions_stay_chosen(database_url: str) -> None:
    """After a comparison the form offers the same two versions; before one the newest two."""
    await fill(database_url, SCHOOLS, *([school(1, name)] for name in ("A", "B", "C")))
    async with visiting(database_url) as visit:
        path = "/entities/schools/row?key=%5B1%5D"
        versions = (await visit.client.get(path.replace("row?", "row.json?"))).json()["versions"]
        newest, middle, oldest = (quote(version["valid_from"]) for version in versions)

        async def chosen(path: str) -> list[str]:
            found = re.findall(r'type="radio" name="([ab])" value="([^"]+)" checked', (await visit.get(path)).text)
            return [quote(dict(found)[side]) for side in "ab"]

        assert await chosen(path) == [middle, newest]
        assert await chosen(f"{path}&a={oldest}&b={middle}") == [oldest, middle]
        assert await chosen(f"{path}&a=&b=") == [middle, newest]
        assert "before the first version" in (await visit.get(f"{path}&a=2020-01-01&b={oldest}")).text


async def test_run_is_taken_back(database_url: str) -> None:
    """Taking a run back leads to the plan of it, which waits for a decision."""
    *_, last = await everything(database_url)
    async with visiting(database_url) as visit:
        csrf = await visit.sign_in()
        answer = await visit.post(f"/runs/{last}/rollback", csrf=csrf)
        assert answer.status_code == 303, answer.text
        page = await visit.get(answer.headers["Location"])
        assert "/reject" in page.text


async def test_rows_are_dropped(database_url: str) -> None:
    """Chosen rows leave the quarantine for good; choosing none is refused."""
    await everything(database_url)
    async with visiting(database_url) as visit:
        csrf = await visit.sign_in()
        [row] = (await visit.client.get("/quarantine.json")).json()["rows"]
        assert (await visit.post("/quarantine/drop", csrf=csrf)).status_code == 422
        assert (await visit.post("/quarantine/drop", csrf=csrf, ids=str(row["id"]))).status_code == 303
        assert (await visit.get(f"/quarantine/{row['id']}")).status_code == 404


async def test_monitoring_is_answered(database_url: str) -> None:
    """Metrics, life and readiness are there for who asks."""
    await everything(database_url)
    async with visiting(database_url) as visit:
        assert (await visit.client.get("/healthz")).json() == {"status": "alive"}
        ready = (await visit.client.get("/readyz")).json()
        assert (ready.pop("ready"), ready.pop("status")) == (True, "healthy")
        assert {"database", "migrations", "outbox", "redis"} <= ready.keys()
        assert all(part.keys() == {"status", "response_ms"} for part in ready.values())
        assert "headgate_" in (await visit.client.get("/metrics")).text
        header = {"Accept": "application/openmetrics-text"}
        assert (await visit.client.get("/metrics", headers=header)).text.endswith("# EOF\n")


async def test_secrets_of_settings_are_masked(database_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """No secret that a setting holds stands on a page or in a file, wherever it was set."""
    await fill(database_url, SCHOOLS, schools(1))
    monkeypatch.setenv("HEADGATE_REDIS_URL", "redis://:hunter2-secret@127.0.0.1:1/0")
    monkeypatch.setenv("HEADGATE_WEB__TOKEN", TOKEN)
    async with visiting(database_url) as visit:
        for path in ("/settings", "/settings.json", "/settings.csv", "/health", "/health.json", "/"):
            answer = await visit.get(path)
            assert answer.status_code == 200
            assert "hunter2-secret" not in answer.text
            assert TOKEN not in answer.text


async def test_theme_is_kept(database_url: str) -> None:
    """Light and dark are chosen by a form that needs no script."""
    await fill(database_url, SCHOOLS, schools(1))
    async with visiting(database_url) as visit:
        assert 'data-theme="dark"' not in (await visit.get("/")).text
        answer = await visit.post("/theme", to="dark", back="/runs")
        assert answer.headers["Location"] == "/runs"
        assert 'data-theme="dark"' in (await visit.get("/")).text
        await visit.post("/theme", to="system")
        assert "data-theme" not in (await visit.get("/")).text


async def texts(visit: Visit, *paths: str) -> dict[str, Any]:
    """Return the texts of some pages."""
    return {path: (await visit.get(path)).text for path in paths}


async def test_data_of_the_upstream_is_harmless(database_url: str) -> None:
    """Script tags, marks of direction, and a megabyte in every field stand on no page as they came."""
    csv.field_size_limit(2_000_000)
    table = type(SCHOOLS)("schools", ("id",), {"id": "text", "name": "text", "note": "text"})
    nasty = [EVIL, '"><img src=x onerror=alert(1)>', "abc\u202egnp.exe\u2066", "x" * 1_000_000, "=cmd|' /C calc'!A0"]
    first = [{"id": f"{place}{text[:400]}", "name": text, "note": text} for place, text in enumerate(nasty)]
    second = [{**row, "note": row["note"][::-1]} for row in first[:-1]]
    runs = await fill(database_url, table, [*first, *first], second)
    async with DatabaseManager(database_url) as db:
        refused = [QuarantinedRow({"id": text, text[:500]: text}, [f"{text}: {text}"], (text[:500],)) for text in nasty]
        runs.append((await sync(Store(db), {"": second}, table=table, quarantine=refused)).id)
    async with visiting(database_url) as visit:
        await visit.sign_in(EVIL)
        paths = ["/", "/runs", "/entities", "/entities/schools", "/quarantine", "/trends?entity=schools&by=note"]
        paths += [f"/runs/{run}{tail}" for run in runs for tail in ("", "/changes", "/duplicates")]
        rows = (await visit.client.get("/quarantine.json")).json()["rows"]
        paths += [f"/quarantine/{row['id']}" for row in rows]
        for path in ("/entities/schools", f"/runs/{runs[1]}/changes"):
            paths += [link for link in links_of((await visit.get(path)).text) if "/row?" in link]
        for path, text in (await texts(visit, *paths)).items():
            assert "<script>alert" not in text, path
            assert "<img src=x" not in text, path
            assert not {"\u202e", "\u2066"} & set(text), path
            assert len(text) < 300_000, path
        assert "5 rows came" in (await visit.get(f"/runs/{runs[0]}/duplicates")).text
        table_file = (await visit.client.get(f"/runs/{runs[0]}/changes.csv?operation=new")).text
        cells = [cell for line in csv.reader(io.StringIO(table_file)) for cell in line if len(cell) < 1000]
        assert any("calc" in cell for cell in cells)
        assert not any(cell.startswith("=") for cell in cells)


async def test_database_that_goes_away_is_told(tmp_path: Path) -> None:
    """Without a usable database pages say what is wrong with it, health is shown, and the process stays alive."""
    file = tmp_path / "store.db"
    await fill(f"sqlite:///{file}", SCHOOLS, schools(1))
    async with visiting(f"sqlite:///{file}") as visit:
        file.write_bytes(b"not a database at all" * 1000)
        for path in ("/", "/runs/x", "/entities/schools", "/trends?entity=schools", "/runs.json"):
            answer = await visit.get(path)
            assert answer.status_code == 503, path
            assert "is damaged" in answer.text
        health = await visit.get("/health")
        assert health.status_code == 200
        assert "unhealthy" in health.text
        assert "is not an SQLite database" in health.text
        assert (await visit.get("/readyz")).status_code == 503
        assert (await visit.get("/healthz")).status_code == 200
