"""The pages, one file each: a router with the page, its downloads and its actions."""

from headgate.web.pages import changes, deciding, live, overview, run, runs, sign_in

PAGES = (overview.router, live.router, runs.router, changes.router, run.router)
"""What may be seen by those who may look."""

ACTIONS = (deciding.router,)
"""What may be done by those who gave the token."""

OPEN = (sign_in.router,)
"""What everybody may see: how to sign in."""
