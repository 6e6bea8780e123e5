"""What leaves the warehouse: the marts as Parquet files and one self-contained HTML page."""

from report.errors import PublishFailed
from report.publish import PublishResult, publish

__all__ = ["PublishFailed", "PublishResult", "publish"]
