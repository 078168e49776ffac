"""Take the pictures of the dashboard in the documentation: real runs, a real browser. Run by ``make picture``."""  # noqa: INP001 - a script

from __future__ import annotations

import asyncio
import base64
import secrets
import shutil
import tempfile
from pathlib import Path

from playwright.async_api import async_playwright

from headgate.config.settings import PipelineConfig
from headgate.pipeline import sync
from headgate.testing.replica import NCAAReplica
from headgate.web.serving import serve

FOLDER = Path(__file__).parent.parent / "docs" / "images"
TOKEN = secrets.token_urlsafe()
YEARS = 12
QUALITY = 70


async def main() -> None:
    """Fill a database, serve it, and take the pictures."""
    with tempfile.TemporaryDirectory() as folder:
        settings = PipelineConfig(
            database_url=f"sqlite:///{folder}/directory.db",
            rate_limit={"requests_per_second": 200.0},
            cache={"enabled": False},
            web={"port": 0, "token": TOKEN},
        )
        await _fill(settings)
        listening = asyncio.get_running_loop().create_future()
        serving = asyncio.create_task(serve(settings, lambda url, _token: listening.set_result(url)))
        try:
            await _take(await listening)
        finally:
            serving.cancel()
            await serving


async def _fill(settings: PipelineConfig) -> None:
    async with NCAAReplica(schools=400, seed=7) as replica:
        for _ in range(YEARS):
            await sync("ncaa", config=settings, base_url=replica.url)
            replica.set_year(replica.year + 1)
    async with NCAAReplica(schools=230, seed=7) as replica:
        await sync("ncaa", config=settings, base_url=replica.url)


async def _take(url: str) -> None:
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path=shutil.which("chromium") or shutil.which("chromium-browser"), args=["--no-sandbox"]
        )
        for name, path, scheme in (("overview", "/", "light"), ("changes", "/runs", "dark")):
            page = await browser.new_page(
                viewport={"width": 1120, "height": 760}, color_scheme="dark" if scheme == "dark" else "light"
            )
            await page.goto(f"{url}/sign-in")
            await page.get_by_label("Token").fill(TOKEN)
            await page.keyboard.press("Enter")
            await page.wait_for_url(f"{url}/")
            await page.goto(url + path)
            if name == "changes":
                held = await page.locator("td a.mono").first.get_attribute("href")
                await page.goto(f"{url}{held}/changes?operation=updated")
            file = FOLDER / f"dashboard-{name}.webp"
            session = await page.context.new_cdp_session(page)
            taken = await session.send("Page.captureScreenshot", {"format": "webp", "quality": QUALITY})
            file.write_bytes(base64.b64decode(taken["data"]))
        await browser.close()


if __name__ == "__main__":
    asyncio.run(main())
