"""The pages, one file each: a router with the page, its downloads and its actions."""

from headgate.web.pages import changes, deciding, live, operation, overview, run, runs, sign_in

PAGES = (overview.router, live.router, runs.router, changes.router, run.router, operation.router)
"""What may be seen by those who may look."""

ACTIONS = (deciding.router,)
"""What may be done by those who gave the token."""

OPEN = (sign_in.router, operation.probes)
"""What everybody may see: how to sign in, and whether the server is alive."""
