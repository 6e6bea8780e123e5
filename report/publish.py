"""Publishes what leaves the warehouse: the marts as Parquet, and the page made from them."""

from dataclasses import dataclass
from pathlib import Path

from ingestion.loading.reading import Readable
from report.page import PageResult, write_page
from report.parquet import ExportResult, export_marts


@dataclass(frozen=True, slots=True)
class PublishResult:
    """What readers find now: the Parquet set and the page, and whether each is new."""

    export: ExportResult
    written: PageResult

    @property
    def marts_dir(self) -> Path:
        """The folder of the Parquet files."""
        return self.export.directory

    @property
    def page(self) -> Path:
        """The HTML file."""
        return self.written.path

    @property
    def changed(self) -> bool:
        """False when a second run found everything published already."""
        return self.export.changed or self.written.changed


def publish(
    warehouse: Path | Readable,
    marts_dir: Path,
    page: Path,
    *,
    schema: str = "marts",
    warehouse_wait_seconds: float = 60.0,
    notice: str = "",
) -> PublishResult:
    """Export all marts of `warehouse` to `marts_dir`, then write `page` from that export.

    `notice` stands at the top of the page (`ingestion.origin.notice_of`).

    Safe to run twice or two at once; a second run over the same marts writes nothing. Raises
    ConfigurationError (no warehouse, no marts), WarehouseBusy (a writer holds it for longer than
    `warehouse_wait_seconds`) or PublishFailed (disk, missing mart or column). In each case what
    was published before is still whole.
    """
    export = export_marts(
        warehouse, marts_dir, schema=schema, warehouse_wait_seconds=warehouse_wait_seconds
    )
    return PublishResult(export, write_page(marts_dir, page, notice))
