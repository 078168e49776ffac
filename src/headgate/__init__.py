"""Headgate keeps a typed database in step with HTTP sources that fail, change and lie.

The public names stand in ``__init__.pyi``. Each is imported when it is first asked for: nobody waits for a database
driver who wants a circuit breaker.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
