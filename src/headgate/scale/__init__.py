"""Many machines: extraction on the workers of a Dask cluster. The extra ``dask``."""

from headgate.scale.dask_extraction import DaskExtraction

__all__ = ["DaskExtraction"]
