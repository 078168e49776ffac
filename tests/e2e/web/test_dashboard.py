"""The dashboard in a real browser, over a database that real syncs filled."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any
from urllib.request import Request, urlopen

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from fixtures.command import first_line
from fixtures.e2e_web import ARTEFACTS, STRICT, TOKEN, Served

pytestmark = pytest.mark.timeout(400)

Visit = Callable[..., Page]

PATHS = {
    "overview": "/",
    "runs": "/runs",
    "run": "/runs/{applied}",
    "held": "/runs/{held}",
    "changes": "/runs/{held}/changes",
    "duplicates": "/runs/{applied}/duplicates",
    "entities": "/entities",
    "entity": "/entities/schools",
    "row": "/entities/schools/row?key=%5B721%5D",
    "sides": "/entities/schools/row?key=%5B721%5D&a=now&b=2020-01-01",
    "trends": "/trends?entity=schools&by=division",
    "quality": "/quality",
    "quarantine": "/quarantine",
    "health": "/health",
    "settings": "/settings",
    "sign-in": "/sign-in",
    "nowhere": "/nowhere",
}


def api(served: Served, path: str) -> dict[str, Any]:
    """Ask the dashboard as a program."""
    with urlopen(Request(served.url + path, headers={"Authorization": f"Bearer {TOKEN}"})) as answer:
        found: dict[str, Any] = json.load(answer)
        return found


def runs(served: Served, status: str) -> list[str]:
    """Return the runs that stand somewhere, newest first."""
    return [run["run"] for run in api(served, f"/runs.json?status={status}")["runs"]]


def paths(served: Served) -> dict[str, str]:
    """Return the pages, with runs that there are."""
    found = {"{applied}": runs(served, "applied")[0], "{held}": [*runs(served, "held"), *runs(served, "rejected")][0]}
    return {
        name: path.replace("{applied}", found["{applied}"]).replace("{held}", found["{held}"])
        for name, path in PATHS.items()
    }


LOOKS = {
    "light": {"color_scheme": "light", "viewport": {"width": 1240, "height": 860}},
    "dark": {"color_scheme": "dark", "viewport": {"width": 1240, "height": 860}},
    "narrow": {"color_scheme": "light", "viewport": {"width": 400, "height": 800}},
    "narrow-dark": {"color_scheme": "dark", "viewport": {"width": 400, "height": 800}},
}


TABLES_WITHOUT_FILES = """() => [...document.querySelectorAll("table")].filter((table) => {
    const near = table.closest("section, .panel")?.querySelector('a[href*=".csv"]');
    return !near && !document.querySelector('.head .downloads a[href*=".csv"]');
}).map((table) => table.outerHTML.slice(0, 100))"""


@pytest.mark.parametrize("look", LOOKS)
def test_every_page_is_accessible_and_fits(visit: Visit, served: Served, look: str) -> None:
    """Axe finds nothing serious on any page, none is wider than its window, and each table is a file too."""
    ARTEFACTS.mkdir(parents=True, exist_ok=True)
    page = visit("/", signed_in=True, **LOOKS[look])
    found: dict[str, list[str]] = {}
    for name, path in paths(served).items():
        if name == "nowhere":
            continue
        page.goto(path)
        page.screenshot(path=ARTEFACTS / f"{name}-{look}.png", full_page=True)
        grave = [
            f"{fault['id']}: {fault['nodes'][0]['html'][:200]}"
            for fault in Axe().run(page).response["violations"]
            if fault["impact"] in {"serious", "critical"}
        ]
        wide = page.evaluate("document.documentElement.scrollWidth") > LOOKS[look]["viewport"]["width"]
        without = page.evaluate(TABLES_WITHOUT_FILES)
        if grave or wide or without:
            found[name] = [*grave, *(["wider than the window"] if wide else []), *without]
    assert found == {}


def test_times_are_in_the_zone_of_the_reader(visit: Visit) -> None:
    """A time is shown in the reader's zone, with UTC beside it."""
    page = visit("/runs", timezone_id="Asia/Tokyo", locale="en-GB")
    shown = page.locator("time").first
    expect(page.get_by_text("Asia/Tokyo")).to_be_visible()
    moment = shown.get_attribute("datetime") or ""
    hour = (int(moment[11:13]) + 9) % 24
    assert f"{hour:02}:{moment[14:16]}" in shown.inner_text()
    assert "UTC" in (shown.get_attribute("title") or "")


def test_moment_is_chosen_in_the_zone_of_the_reader(visit: Visit) -> None:
    """What a reader chooses is a time of their own zone, asked for in UTC; what nobody touched stays what it was."""
    page = visit("/entities/schools", timezone_id="Asia/Tokyo", locale="en-GB")
    page.get_by_label("As it was at").fill("2026-01-01T09:30")
    page.get_by_role("button", name="Show").click()
    page.wait_for_url(re.compile("at=2026-01-01T00%3A30%3A00"))
    expect(page.get_by_label("As it was at")).to_have_value(re.compile("2026-01-01T09:30"))
    page.goto("/entities/schools?at=2026-01-01T00:30:00.123456Z")
    page.get_by_role("button", name="Show").click()
    page.wait_for_url(re.compile(r"at=2026-01-01T00%3A30%3A00\.123456Z"))


def test_moments_of_a_chart_are_in_the_zone_of_the_reader(visit: Visit) -> None:
    """The dates below a chart are those that the reader's own clock shows, not those of UTC."""
    page = visit("/trends?entity=schools", timezone_id="Asia/Tokyo", locale="en-GB")
    tick = page.locator("svg.lines text[data-at]").first
    moment = tick.get_attribute("data-at") or ""
    assert f"{(int(moment[11:13]) + 9) % 24:02}:{moment[14:16]}" in (tick.text_content() or "")
    assert "UTC" not in (page.locator("svg.lines title").first.text_content() or "UTC")


def test_all_rows_are_chosen_at_once(visit: Visit) -> None:
    """One box chooses every row of the quarantine that the page shows."""
    page = visit("/quarantine", signed_in=True)
    page.get_by_label("Choose all rows of this page").check()
    boxes = page.locator("tbody input[type=checkbox]")
    assert boxes.count() > 1
    assert all(box.is_checked() for box in boxes.all())


def test_everything_works_without_scripts(visit: Visit, served: Served) -> None:
    """Without any script the pages are whole, filters filter, and times are told in UTC."""
    page = visit("/", java_script_enabled=False)
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    expect(page.locator("time").first).to_contain_text("UTC")
    page.goto(f"/runs/{runs(served, 'applied')[-1]}/changes")
    page.locator("select[name=entity]").select_option("schools")
    page.get_by_label("Search").fill("adelphi")
    page.get_by_role("button", name="Filter").click()
    expect(page.locator(".diff")).to_have_count(1)
    expect(page.locator(".diff")).to_contain_text("Adelphi University")


def test_every_page_is_whole_without_scripts(visit: Visit, served: Served) -> None:
    """Without any script each page has its heading, its navigation and its footer, and no part that waits for one."""
    page = visit("/", java_script_enabled=False, signed_in=True, all_there=False)
    for name, path in paths(served).items():
        answer = page.goto(path)
        assert answer is not None
        assert answer.status == (404 if name == "nowhere" else 200), name
        expect(page.get_by_role("heading", level=1)).to_be_visible()
        expect(page.get_by_role("navigation", name="Pages").get_by_role("link")).to_have_count(8)
        expect(page.locator("[data-away]")).to_be_hidden()
        assert len(page.locator("main").inner_text()) > 40, name


def test_everything_is_decided_without_scripts(visit: Visit, served: Served) -> None:
    """Without any script a run is rejected, one is taken back and that plan applied, and a row is restored."""
    if not runs(served, "held"):
        assert served.headgate("sync", "ncaa", "--base-url", served.smaller).returncode == 6
    held = runs(served, "held")[0]
    page = visit(f"/runs/{held}", java_script_enabled=False, signed_in=True)
    page.get_by_role("button", name="Reject").click()
    expect(page.locator("h1 .badge")).to_have_text("rejected")
    page.goto(f"/runs/{runs(served, 'applied')[-1]}")
    page.get_by_role("button", name="Plan the rollback").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("What it would change")
    page.get_by_role("button", name="Reject").click()
    expect(page.locator("h1 .badge")).to_have_text("rejected")
    page.goto("/entities/schools/row?key=%5B721%5D")
    page.get_by_role("link", name="as it was then").first.click()
    expect(page.get_by_text("It is the same now.")).to_be_visible()


def press_until(page: Page, name: str) -> None:
    """Press Tab until what has the focus is called so."""
    for _ in range(100):
        page.keyboard.press("Tab")
        if (
            page.evaluate(
                "(document.activeElement.ariaLabel ?? document.activeElement.innerText) || "
                "document.activeElement.labels?.[0].innerText"
            )
            == name
        ):
            return
    pytest.fail(f"no key leads to '{name}'")


@pytest.mark.parametrize(("words", "status"), [("Reject", "rejected"), ("Approve and apply", "applied")])
def test_held_run_is_decided_by_keyboard_alone(visit: Visit, served: Served, words: str, status: str) -> None:
    """Signing in, finding the held run, and deciding about it need no mouse, and what has the focus can be seen."""
    if not runs(served, "held"):
        assert served.headgate("sync", "ncaa", "--base-url", served.smaller).returncode == 6
    held = runs(served, "held")[0]
    page = visit("/sign-in?back=/")
    page.on("dialog", lambda dialog: dialog.accept())
    page.keyboard.type(TOKEN)
    page.keyboard.press("Tab")
    page.keyboard.type("Ann")
    page.keyboard.press("Enter")
    page.wait_for_url(f"{served.url}/")
    press_until(page, "See what it would change")
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile(f"{held}/changes$"))
    press_until(page, words)
    assert page.evaluate("getComputedStyle(document.activeElement).outlineStyle") == "solid"
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile(f"/runs/{held}$"))
    expect(page.locator("h1 .badge")).to_have_text(status)
    if status == "applied":
        plan = json.loads(served.headgate("rollback", held, "--yes", "--json").stdout)
        assert served.headgate("approve", plan["run"]).returncode == 0


def test_keyboard_reaches_the_content(visit: Visit) -> None:
    """The first key leads past the head of the page, and focus can be seen."""
    page = visit("/")
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="To the content")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("main")).to_be_focused()


def test_every_loss_is_named_and_leads_to_its_rows(visit: Visit, served: Served) -> None:
    """The repeated sport of the recorded directory and the refused schools are a click away from the funnel."""
    run = f"/runs/{runs(served, 'applied')[-1]}"
    page = visit(run)
    page.get_by_role("link", name="1 duplicate").click()
    expect(page.get_by_role("link", name="Women's Stunt")).to_be_visible()
    page.goto(run)
    page.get_by_role("link", name="in quarantine").click()
    expect(page.get_by_role("table")).to_contain_text("must have a length")


def test_groups_of_a_trend_are_named(visit: Visit) -> None:
    """Schools by conference are shown under the names of the conferences."""
    page = visit("/trends?entity=schools&by=conference_id")
    expect(page.locator("ul.key")).to_contain_text("Pennsylvania State Athletic Conference")


def test_theme_is_chosen(visit: Visit) -> None:
    """The button goes from the system's look to light, to dark, and back."""
    page = visit("/", color_scheme="dark")
    for theme in ("light", "dark", None):
        page.get_by_role("button", name="Appearance").click()
        page.wait_for_load_state()
        assert page.locator("html").get_attribute("data-theme") == theme


def test_row_is_found_and_leads_to_its_history(visit: Visit, served: Served) -> None:
    """A school is found by its name, whatever its case, and leads to its history."""
    page = visit("/entities")
    page.get_by_role("link", name="schools", exact=True).click()
    page.get_by_label("Search").fill("stanford")
    page.get_by_role("button", name="Show").click()
    page.get_by_role("link", name="Stanford").click()
    expect(page.get_by_role("heading", name="History")).to_be_visible()
    [row] = api(served, "/entities/schools/rows.json?q=stanford")["rows"]
    versions = api(served, f"/entities/schools/row.json?key=%5B{row['org_id']}%5D")["versions"]
    expect(page.locator(".timeline > li")).to_have_count(len(versions))


def test_quarantined_rows_are_replayed(visit: Visit, served: Served) -> None:
    """A rule was mended: the row is judged again, passes, and leaves the quarantine in a run of its own."""
    settings = served.headgate.folder / "headgate.toml"
    settings.write_text(STRICT, encoding="utf-8")
    assert served.headgate("sync", "ncaa", "--base-url", served.upstream).returncode == 0
    settings.write_text("", encoding="utf-8")
    mended = next(row for row in api(served, "/quarantine.json")["rows"] if row["entity"] == "schools")
    page = visit(f"/quarantine/{mended['id']}", signed_in=True)
    expect(page.get_by_text("name:").first).to_be_visible()
    page.get_by_role("button", name="Judge it again").click()
    page.wait_for_url(re.compile("/runs/"))
    expect(page.get_by_role("status").filter(has_text="Judged again")).to_contain_text("1 row passed")


def test_held_run_is_rejected(visit: Visit, served: Served) -> None:
    """A held run stands first, says why it is held, and is rejected with a reason that is kept."""
    if not runs(served, "held"):
        assert served.headgate("sync", "ncaa", "--base-url", served.smaller).returncode == 6
    page = visit("/", signed_in=True)
    expect(page.get_by_role("heading", level=1)).to_contain_text("waits for your decision")
    expect(page.locator(".reasons").first).to_contain_text("would be deleted")
    page.get_by_placeholder("Why").first.fill("Half of it is missing")
    page.get_by_role("button", name="Reject").first.click()
    page.wait_for_url(re.compile("/runs/"))
    expect(page.locator("h1 .badge")).to_have_text("rejected")
    expect(page.get_by_text("Half of it is missing")).to_be_visible()
    expect(page.get_by_text("Ann", exact=True)).to_be_visible()


def test_held_run_is_approved_and_taken_back(visit: Visit, served: Served) -> None:
    """A held run is approved after a question, then planned back, and that plan is applied or approved too."""
    assert served.headgate("sync", "ncaa", "--base-url", served.smaller).returncode == 6
    page = visit(f"/runs/{runs(served, 'held')[0]}/changes", signed_in=True)
    page.on("dialog", lambda dialog: dialog.accept())
    expect(page.locator(".diff")).to_have_count(50)
    page.get_by_role("button", name="Approve and apply").click()
    page.wait_for_url(re.compile(r"/runs/[^/]+$"))
    expect(page.locator("h1 .badge")).to_have_text("applied")
    page.get_by_role("button", name="Plan the rollback").click()
    page.wait_for_url(re.compile("/changes"))
    page.get_by_role("button", name=re.compile("Apply|Approve and apply")).click()
    page.wait_for_url(re.compile(r"/runs/[^/]+$"))
    expect(page.locator("h1 .badge")).to_have_text("applied")
    schools = next(row for row in api(served, "/entities.json")["entities"] if row["entity"] == "schools")
    assert schools["rows"] > 900


def test_run_of_another_process_is_watched(visit: Visit, served: Served) -> None:
    """While another process syncs, the open page shows its stage and its rows, and how it ended, without a reload."""
    with served.headgate.started("replica", "ncaa", "--schools", "60", "--faults", "memberList:latency=2500ms") as slow:
        assert slow.stdout is not None
        url = slow.stdout.readline().strip()
        page = visit("/")
        page.evaluate("window.untouched = true")
        with served.headgate.started("sync", "ncaa", "--base-url", url) as syncing:
            expect(page.locator(".badge.status-started")).to_be_visible(timeout=20_000)
            expect(page.locator("p.live")).to_contain_text("extract", timeout=20_000)
            syncing.wait(60)
        expect(page.get_by_role("heading", level=1)).to_contain_text("waits for your decision", timeout=20_000)
        assert page.evaluate("window.untouched")


def test_run_whose_process_is_killed_is_called_interrupted(visit: Visit, served: Served) -> None:
    """The open page of a run says so when the process that works at it is killed, and what has the focus keeps it."""
    with served.headgate.started("replica", "ncaa", "--schools", "60", "--faults", "memberList:latency=30s") as slow:
        url = first_line(slow.stdout)
        with served.headgate.started("sync", "ncaa", "--base-url", url) as syncing:
            page = visit("/")
            expect(page.locator(".badge.status-started")).to_be_visible(timeout=20_000)
            link = page.get_by_role("heading", level=2).get_by_role("link", name="ncaa")
            link.focus()
            expect(page.locator("p.live")).to_contain_text("extract", timeout=20_000)
            syncing.kill()
            syncing.wait()
            expect(page.locator(".badge.status-interrupted")).to_be_visible(timeout=20_000)
            expect(link).to_be_focused()


def test_page_comes_back_when_the_server_does(visit: Visit, served: Served) -> None:
    """An open page says that it is not live while the server is away, and shows what happened when it is back."""
    with served.headgate.started("serve", "--port", "0", "--token", TOKEN) as server:
        url = first_line(server.stdout)
        page = visit(f"{url}/runs", all_there=False)
        rows = page.locator("tbody tr").count()
        server.kill()
        server.wait()
        expect(page.locator("[data-away]")).to_be_visible(timeout=20_000)
    assert served.headgate("sync", "ncaa", "--base-url", served.upstream).returncode in {0, 6}
    with served.headgate.started("serve", "--port", url.rpartition(":")[2], "--token", TOKEN):
        expect(page.locator("tbody tr")).not_to_have_count(rows, timeout=30_000)
        expect(page.locator("[data-away]")).to_be_hidden()


HIDDEN = "Object.defineProperty(document, 'hidden', { get: () => window.isHidden === true })"
HIDE = "(hidden) => { window.isHidden = hidden; document.dispatchEvent(new Event('visibilitychange')); }"


def test_many_tabs_of_one_browser_are_shown(visit: Visit, served: Served) -> None:
    """Tabs in the background keep no connection: more of them open than a browser has, and one looked at catches up."""
    first = visit("/runs")
    tabs = [first.context.new_page() for _ in range(8)]
    for tab in tabs:
        tab.add_init_script(HIDDEN)
        tab.goto("/runs", timeout=20_000)
        tab.evaluate(HIDE, True)
    rows = tabs[0].locator("tbody tr").count()
    assert served.headgate("sync", "ncaa", "--base-url", served.upstream).returncode in {0, 6}
    expect(tabs[0].locator("tbody tr")).to_have_count(rows)
    tabs[0].evaluate(HIDE, False)
    expect(tabs[0].locator("tbody tr")).not_to_have_count(rows, timeout=20_000)
