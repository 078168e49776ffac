"""Faults on purpose, for any aiohttp application: a small language, a plan, a middleware.

A specification is a list of parts, separated by ``;``. A part is the name of a preset (``none``, ``mild``,
``moderate``, ``hostile``) or ``route:fault,fault``. The route is the name of an aiohttp route (or the last segment of
its path), or ``*`` for every route. A fault is a kind with optional suffixes, in any order:

======== ==================================================================================================
suffix   meaning
======== ==================================================================================================
``*0.2`` probability per request, 0 to 1 (default 1)
``x3``   only among the first 3 requests of the route
``@2s``  a duration (``50ms``, ``2s``, ``1m``, or plain seconds); ``=`` is the same as ``@``
``=name`` a field, for ``wrong_type`` and ``renamed_field``
======== ==================================================================================================

================= ========================================================================================
kind              what happens
================= ========================================================================================
``latency``       the answer comes later (default 50 ms)
``429``           429 with ``Retry-After`` (default 1 s)
``500`` ``502`` ``503`` ``504`` the status; with a duration also ``Retry-After``
``reset``         the connection is reset before any byte of an answer
``hang``          no answer at all, until the client leaves (or the duration is over, then a reset)
``drip``          the right answer, slowly (default over 2 s)
``truncate``      the body ends in the middle
``empty``         200 with ``Content-Length: 0``
``html``          200 with an HTML error page
``partial``       a JSON list silently lacks a third of its rows
``duplicate``     a tenth of the rows of a JSON list come twice
``wrong_type``    a tenth of the rows have a value of the wrong type (the field, or one drawn by seed)
``new_field``     every row has a field nobody knows
``renamed_field`` a field of every row has another name (the field, or the second one)
================= ========================================================================================

Whether a fault strikes depends on the seed, the route, the URL, and how often that URL was asked for: not on the order
in which concurrent requests arrive.
"""

from headgate.testing.faults.middleware import FaultInjector
from headgate.testing.faults.spec import PRESETS, Fault, FaultKind, FaultPlan

__all__ = ["PRESETS", "Fault", "FaultInjector", "FaultKind", "FaultPlan"]
