"""Who may see and do what: at localhost, elsewhere, with the token, with a forged form."""

from __future__ import annotations

import re
from html import unescape

import pytest

from fixtures.dashboard import AS_BROWSER, TOKEN, fill, visiting
from fixtures.stores import SCHOOLS, school, schools, sync
from headgate.config.guard import GuardConfig
from headgate.store import DatabaseManager, RunState, Store
from headgate.testing import FakeClock
from headgate.web.security.logins import SECONDS_PER_TRY, TRIES

ELSEWHERE = "192.0.2.7"


async def held(database: str) -> str:
    """Make a run that the guard holds and return its id."""
    await fill(database, SCHOOLS, schools(*range(1, 9)))
    async with DatabaseManager(database) as db:
        store = Store(db)
        return (await sync(store, {"": schools(1)}, limits=GuardConfig(max_delete_share=0.1))).id


async def status_of(database: str, run: str) -> RunState:
    """Return where a run stands."""
    async with DatabaseManager(database) as db:
        return (await Store(db).find_run(run)).status


async def test_localhost_looks_without_a_token(database_url: str) -> None:
    """At localhost every page is shown, with no form that decides something."""
    run = await held(database_url)
    async with visiting(database_url) as visit:
        for path in ("/", "/runs", f"/runs/{run}", f"/runs/{run}/changes"):
            page = await visit.get(path)
            assert page.status_code == 200
            assert f"/runs/{run}/approve" not in page.text


async def test_elsewhere_nothing_is_shown_without_the_token(database_url: str) -> None:
    """Reached from elsewhere, every route but the open ones wants the token, as a page and as JSON."""
    run = await held(database_url)
    async with visiting(database_url, host=ELSEWHERE) as visit:
        free = {"/sign-in", "/theme", "/healthz", "/readyz"}
        routes = {path: methods for path, methods in visit.app.openapi()["paths"].items() if path not in free}
        assert len(routes) > 10
        for template, methods in routes.items():
            path = template.replace("{run}", run)
            for method in methods:
                answer = await visit.client.request(method, path)
                assert answer.status_code == 401, (method, path)
                assert answer.headers["WWW-Authenticate"] == "Bearer"
                page = await visit.client.request(method, path, headers=AS_BROWSER)
                assert (page.status_code, page.headers["Location"][:9]) == (303, "/sign-in?")
        assert (await visit.get("/healthz")).status_code == 200
        assert await status_of(database_url, run) is RunState.HELD


async def test_token_opens_everything(database_url: str) -> None:
    """Signed in as a person, or with the token in the header, the pages are shown; after signing out they are not."""
    await held(database_url)
    async with visiting(database_url, host=ELSEWHERE) as visit:
        program = await visit.client.get("/runs.json", headers={"Authorization": f"Bearer {TOKEN}"})
        assert program.status_code == 200
        csrf = await visit.sign_in()
        assert (await visit.get("/runs")).status_code == 200
        assert (await visit.post("/sign-out", csrf=csrf)).status_code == 303
        assert (await visit.get("/runs")).status_code == 303


async def test_cookie_is_out_of_reach_of_scripts(database_url: str) -> None:
    """The cookie of the session is HttpOnly and SameSite, and holds neither the token nor the name."""
    await held(database_url)
    async with visiting(database_url) as visit:
        answer = await visit.post("/sign-in", token=TOKEN, name="Ann")
        cookie = answer.headers["Set-Cookie"]
        assert "HttpOnly" in cookie
        assert "samesite=lax" in cookie.lower()
        assert TOKEN not in cookie
        assert "Ann" not in cookie
        assert "Secure" not in cookie
        over_tls = {"Origin": "https://headgate.example", "Sec-Fetch-Site": "same-origin"}
        answer = await visit.client.post("/sign-in", data={"token": TOKEN}, headers=over_tls)
        assert "Secure" in answer.headers["Set-Cookie"]


@pytest.mark.parametrize("action", ["approve", "reject", "apply", "rollback"])
async def test_actions_need_the_token_even_at_localhost(database_url: str, action: str) -> None:
    """Nobody decides anything without the token."""
    run = await held(database_url)
    async with visiting(database_url) as visit:
        answer = await visit.post(f"/runs/{run}/{action}")
        assert (answer.status_code, answer.headers["Location"][:9]) == (303, "/sign-in?")
        assert (await visit.client.post(f"/runs/{run}/{action}")).status_code == 401
    assert await status_of(database_url, run) is RunState.HELD


async def test_forged_forms_are_refused(database_url: str) -> None:
    """A form without the session's secret, or sent by a page of another site, changes nothing."""
    run = await held(database_url)
    async with visiting(database_url) as visit:
        csrf = await visit.sign_in()
        for wrong in ("", "x" * 43, csrf[:-1]):
            assert (await visit.post(f"/runs/{run}/approve", csrf=wrong)).status_code == 403
        for headers in ({"Origin": "http://evil.example"}, {"Sec-Fetch-Site": "cross-site"}, {"Origin": "null"}):
            answer = await visit.client.post(f"/runs/{run}/approve", data={"csrf": csrf}, headers=headers)
            assert answer.status_code == 403
        assert await status_of(database_url, run) is RunState.HELD
        assert (await visit.post(f"/runs/{run}/approve", csrf=csrf)).status_code == 303
    assert await status_of(database_url, run) is RunState.APPLIED


async def test_decision_names_who_decided(database_url: str) -> None:
    """The name that a person signed in with stands with what was decided, and so does the reason."""
    run = await held(database_url)
    async with visiting(database_url) as visit:
        csrf = await visit.sign_in("Ann <b>")
        assert (await visit.post(f"/runs/{run}/reject", csrf=csrf, reason="Half of it is missing")).status_code == 303
        page = (await visit.get(f"/runs/{run}")).text
    assert "Ann &lt;b&gt;" in page
    assert "Half of it is missing" in page


async def test_plan_is_decided_once(database_url: str) -> None:
    """What was decided already is a conflict, told on a page with what to do."""
    run = await held(database_url)
    async with visiting(database_url) as visit:
        csrf = await visit.sign_in()
        assert (await visit.post(f"/runs/{run}/approve", csrf=csrf)).status_code == 303
        again = await visit.post(f"/runs/{run}/approve", csrf=csrf)
    assert again.status_code == 409
    assert run in again.text


async def test_read_only_decides_nothing(database_url: str) -> None:
    """In read-only mode not even the token decides anything, and no page offers it."""
    run = await held(database_url)
    async with visiting(database_url, read_only=True) as visit:
        await visit.post("/sign-in", token=TOKEN)
        page = await visit.get(f"/runs/{run}")
        assert "/approve" not in page.text
        answer = await visit.client.post(f"/runs/{run}/approve", headers={"Authorization": f"Bearer {TOKEN}"})
        assert answer.status_code == 403
    assert await status_of(database_url, run) is RunState.HELD


async def test_wrong_tokens_are_counted(database_url: str) -> None:
    """After some wrong tokens an address has to wait, even with the right one; another address need not."""
    await held(database_url)
    clock = FakeClock()
    async with visiting(database_url, clock=clock) as visit:
        for _ in range(TRIES):
            assert (await visit.post("/sign-in", token="wrong")).status_code == 401
        refused = await visit.post("/sign-in", token=TOKEN)
        assert refused.status_code == 429
        assert 0 < int(refused.headers["Retry-After"]) <= SECONDS_PER_TRY
        header = {"Authorization": f"Bearer {TOKEN}"}
        assert (await visit.client.get("/runs.json", headers=header)).status_code == 429
        await clock.advance(SECONDS_PER_TRY)
        assert (await visit.post("/sign-in", token=TOKEN)).status_code == 303


async def test_session_ends(database_url: str) -> None:
    """A session ends after its time."""
    await held(database_url)
    clock = FakeClock()
    async with visiting(database_url, host=ELSEWHERE, clock=clock, session_seconds=60) as visit:
        await visit.sign_in()
        assert (await visit.get("/runs")).status_code == 200
        await clock.advance(61)
        assert (await visit.get("/runs")).status_code == 303


@pytest.mark.parametrize(
    ("referer", "back"),
    [
        ("http://127.0.0.1:8420/runs/{run}/changes?q=a%20b", "/runs/{run}/changes?q=a%20b"),
        ("http://127.0.0.1:8420//evil.example", "/"),
        ("http://evil.example/runs", "/"),
        ("http://[", "/"),
        ("", "/"),
    ],
)
async def test_session_that_ended_leads_back_to_the_form(database_url: str, referer: str, back: str) -> None:
    """Whoever decides after their session ended decides nothing, signs in, and is back where the form is."""
    run = await held(database_url)
    clock = FakeClock()
    async with visiting(database_url, clock=clock, session_seconds=60) as visit:
        csrf = await visit.sign_in()
        await clock.advance(61)
        headers = {**AS_BROWSER, "Sec-Fetch-Site": "same-origin", "Referer": referer.replace("{run}", run)}
        answer = await visit.client.post(f"/runs/{run}/approve", data={"csrf": csrf}, headers=headers)
        assert answer.status_code == 303
        form = (await visit.get(answer.headers["Location"])).text
        [offered] = re.findall(r'name="back" value="([^"]*)">\s*<label>Token', form)
        assert unescape(offered) == back.replace("{run}", run)
    assert await status_of(database_url, run) is RunState.HELD


async def test_proxy_may_ask_under_another_name(database_url: str) -> None:
    """Behind a proxy that changes the name a form is ours if the browser says so, and only then."""
    run = await held(database_url)
    async with visiting(database_url, host=ELSEWHERE) as visit:
        csrf = await visit.sign_in()
        from_outside = {"Origin": "https://dashboard.example", **AS_BROWSER}
        for word, status in (("cross-site", 403), ("same-site", 403), (None, 403), ("same-origin", 303)):
            headers = from_outside | ({"Sec-Fetch-Site": word} if word else {})
            answer = await visit.client.post(f"/runs/{run}/reject", data={"csrf": csrf}, headers=headers)
            assert answer.status_code == status, word


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1.evil.example", "", "localhost@evil.example"])
async def test_localhost_answers_to_its_own_names_only(database_url: str, host: str) -> None:
    """A name that was made to point to this machine gets nothing: DNS rebinding."""
    await held(database_url)
    async with visiting(database_url) as visit:
        assert (await visit.get("/runs", Host=host)).status_code == 421
        for own in ("localhost:8420", "127.0.0.1", "[::1]:8420"):
            assert (await visit.get("/runs", Host=own)).status_code == 200


async def test_browser_is_told_what_not_to_do(database_url: str) -> None:
    """Every answer, errors and files too, has a strict policy: no script or style inside of a page, no frame."""
    run = await held(database_url)
    async with visiting(database_url) as visit:
        for path in ("/", f"/runs/{run}", "/sign-in", "/nowhere", "/static/page.js", "/runs.csv"):
            answer = await visit.get(path)
            policy = answer.headers["Content-Security-Policy"]
            assert "default-src 'none'" in policy
            assert "unsafe" not in policy
            assert "frame-ancestors 'none'" in policy
            assert answer.headers["X-Content-Type-Options"] == "nosniff"
            assert "<script>" not in answer.text
            assert " style=" not in answer.text
            assert " onclick=" not in answer.text


@pytest.mark.parametrize("back", ["//evil.example", "https://evil.example", "/\\evil.example", "javascript:1", "/\n/x"])
async def test_signing_in_leads_to_pages_of_ours(database_url: str, back: str) -> None:
    """Nobody is sent to another site after signing in."""
    await held(database_url)
    async with visiting(database_url) as visit:
        answer = await visit.post("/sign-in", token=TOKEN, back=back)
        assert (answer.status_code, answer.headers["Location"]) == (303, "/")


async def test_large_forms_are_refused(database_url: str) -> None:
    """A form of a megabyte is not read to its end."""
    await held(database_url)
    async with visiting(database_url) as visit:
        assert (await visit.post("/sign-in", token="x" * 1_000_000)).status_code == 413


async def test_no_secret_in_any_page(postgres_url: str) -> None:
    """Neither the token nor the password of the database stands on a page."""
    with_password = postgres_url.replace("postgres:@", "postgres:hunter2-secret@").replace(
        "//postgres@", "//postgres:hunter2-secret@"
    )
    await fill(with_password, SCHOOLS, [school(1)])
    assert "hunter2-secret" in with_password
    async with visiting(with_password) as visit:
        await visit.sign_in()
        for path in ("/", "/runs", "/nowhere", "/runs.json", "/openapi.json", "/metrics"):
            text = (await visit.get(path)).text
            assert "hunter2-secret" not in text
            assert TOKEN not in text
