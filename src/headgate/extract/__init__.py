"""Extraction: rows from an upstream, and the proof that they are all."""

from headgate.extract.enrichable import Enrichable
from headgate.extract.entity import EntitySpec
from headgate.extract.extractor import RobustExtractor
from headgate.extract.plugin import ExtractorPlugin
from headgate.extract.progress import Progress
from headgate.extract.records import Records
from headgate.extract.registry import PluginManager
from headgate.extract.result import TaskResult

__all__ = [
    "Enrichable",
    "EntitySpec",
    "ExtractorPlugin",
    "PluginManager",
    "Progress",
    "Records",
    "RobustExtractor",
    "TaskResult",
]
