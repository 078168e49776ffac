"""A replica of the NCAA directory: the same three interfaces, over recorded or invented members."""

from headgate.testing.replica.directory import BASE_YEAR, Directory, load_directory
from headgate.testing.replica.evolve import directory_in
from headgate.testing.replica.fictional import invent_directory
from headgate.testing.replica.server import NCAAReplica, serve

__all__ = ["BASE_YEAR", "Directory", "NCAAReplica", "directory_in", "invent_directory", "load_directory", "serve"]
