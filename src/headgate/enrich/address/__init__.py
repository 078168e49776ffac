"""Addresses: HTML or text to a :class:`~headgate.enrich.location.Location`."""

from headgate.enrich.address.parser import AddressParser

__all__ = ["AddressParser"]
