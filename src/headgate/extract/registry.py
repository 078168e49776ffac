"""Which sources there are: registered by hand, or found through entry points."""

from __future__ import annotations

import difflib
from collections.abc import Callable
from importlib.metadata import EntryPoint, entry_points

from headgate.errors import ConfigError, UnknownSourceError
from headgate.extract.plugin import ExtractorPlugin

ENTRY_POINT_GROUP = "headgate.extractors"

Extractor = ExtractorPlugin | Callable[..., ExtractorPlugin]
"""An instance, or what makes one: usually the class."""


class PluginManager:
    """The sources by name.

    Entry points are listed on first use and loaded only when their source is asked for, so that one broken package
    neither slows down nor hides the others.

    Args:
        discover: Look for packages that offer sources through the entry-point group ``headgate.extractors``.
    """

    def __init__(self, *, discover: bool = True) -> None:
        self._registered: dict[str, Extractor] = {}
        self._discover = discover
        self._found: dict[str, EntryPoint] | None = None

    def register_extractor(self, name: str, extractor: Extractor) -> None:
        """Register a source; it wins over an entry point of the same name.

        Args:
            name: The word for the source.
            extractor: An instance, or a class or function that makes one. What makes one is called with the keyword
                arguments of :class:`~headgate.extract.extractor.RobustExtractor`.

        Raises:
            ConfigError: The name is taken by another registered source, or is not usable as a word.
        """
        if not name or not name.replace("_", "-").replace("-", "").isalnum():
            raise ConfigError(
                f"'{name}' cannot be the name of a source.", hint="Use letters, digits, hyphens and underscores."
            )
        if self._registered.get(name, extractor) is not extractor:
            raise ConfigError(f"Two sources want the name '{name}'.", hint="Register one of them under another name.")
        self._registered[name] = extractor

    def names(self) -> list[str]:
        """Return the names of all sources, sorted."""
        return sorted({*self._registered, *self._entry_points()})

    def get(self, name: str) -> Extractor:
        """Return the source of this name.

        Raises:
            UnknownSourceError: There is none; the message suggests the nearest.
            ConfigError: Its package is installed and cannot be loaded; the message says why.
        """
        if name in self._registered:
            return self._registered[name]
        entry_point = self._entry_points().get(name)
        if entry_point is None:
            raise self._unknown(name)
        try:
            extractor: Extractor = entry_point.load()
        except Exception as error:
            raise ConfigError(
                f"The source '{name}' ({entry_point.value}) cannot be loaded: {type(error).__name__}: {error}",
                hint="Reinstall or repair the package that offers it; the other sources are not affected.",
            ) from error
        if not callable(extractor) and not isinstance(extractor, ExtractorPlugin):
            raise ConfigError(
                f"The source '{name}' ({entry_point.value}) is neither an extractor nor makes one.",
                hint="Let the entry point name a subclass of headgate.ExtractorPlugin.",
            )
        self._registered[name] = extractor
        return extractor

    def _entry_points(self) -> dict[str, EntryPoint]:
        if self._found is None:
            found = entry_points(group=ENTRY_POINT_GROUP) if self._discover else ()
            self._found = {entry_point.name: entry_point for entry_point in found}
        return self._found

    def _unknown(self, name: str) -> UnknownSourceError:
        names = self.names()
        near = difflib.get_close_matches(name, names, n=1)
        suggestion = f"Did you mean '{near[0]}'? " if near else ""
        known = ", ".join(names) or "none"
        return UnknownSourceError(f"There is no source '{name}'.", hint=f"{suggestion}Known sources: {known}.")
