"""The files that the exchange publishes, written from the simulated market."""

from sandbox.archives.actions import adjustment_corrections, corporate_actions, feed_faults
from sandbox.archives.bhavcopy import (
    legacy_bhavcopy,
    legacy_name,
    sec_bhavdata,
    sec_bhavdata_name,
    udiff_bhavcopy,
    udiff_name,
)
from sandbox.archives.indices import constituents, index_closes, index_closes_name, index_name
from sandbox.archives.masters import equity_list, holidays, symbol_changes
from sandbox.archives.rows import UNPLANNED

__all__ = [
    "UNPLANNED",
    "adjustment_corrections",
    "constituents",
    "corporate_actions",
    "equity_list",
    "feed_faults",
    "holidays",
    "index_closes",
    "index_closes_name",
    "index_name",
    "legacy_bhavcopy",
    "legacy_name",
    "sec_bhavdata",
    "sec_bhavdata_name",
    "symbol_changes",
    "udiff_bhavcopy",
    "udiff_name",
]
