"""From the bucket into `raw_data`: what is there is loaded once, whatever happens on the way."""

from ingestion.loading.datasets import DATASETS, Dataset
from ingestion.loading.pending import load_pending
from ingestion.loading.ports import LoadReport, PendingObject, Warehouse

__all__ = ["DATASETS", "Dataset", "LoadReport", "PendingObject", "Warehouse", "load_pending"]
