"""References between entities, checked as sets in the database: the rows as they would be after the run."""

from headgate.store.linking.check import Checked, check_links
from headgate.store.linking.link import Link, LinkFault, Predicate

__all__ = ["Checked", "Link", "LinkFault", "Predicate", "check_links"]
