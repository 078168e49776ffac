"""What a source says about rows that are schools: which fields tell which school, and where it is."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Enrichable:
    """The fields of an entity that enrichment reads. The key, of one field, is the id of the school.

    Args:
        name: The field with the official name.
        website: The field with the web site.
        state: The field with the state.
        private: The field that says whether it is private.
        address: The field with the address, as HTML or text.
        address_from: The entity whose rows have the addresses, under the same keys. What they say is remembered for
            runs that do not read them; in a run that does, the rows that they are for wait until all have come.
        figures: Whether figures of providers are added; without them a row is only matched and located.
        decided_with: The entity whose decisions of people count for this one too, because its rows are the same
            schools; none: it has decisions of its own.
    """

    name: str
    website: str | None = None
    state: str | None = None
    private: str | None = None
    address: str | None = None
    address_from: str | None = None
    figures: bool = True
    decided_with: str | None = None

    @property
    def fields(self) -> tuple[str, ...]:
        """The fields that are read."""
        named = (self.name, self.website, self.state, self.private, self.address)
        return tuple(field for field in named if field is not None)
