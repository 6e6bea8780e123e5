"""The first real reply, promoted by the real code, passes the arrival suite as it is."""

import os
from datetime import date, datetime
from pathlib import Path

import pytest

from ingestion.promotion import quotes

ROOT = Path(__file__).parents[2]
REPLY = "first_sample/nse_data_26042024130436.json"


@pytest.mark.real_data
def test_the_first_real_reply_passes(first_day, broken_names):
    folder = Path(os.environ.get("INVESTIQ_REAL_DATA", ROOT.parent / "shared" / "data"))
    if not (folder / REPLY).is_file():
        pytest.skip(f"{REPLY} is not in {folder}; set INVESTIQ_REAL_DATA to the real files")
    good, refused = quotes.split(
        quotes.read_reply((folder / REPLY).read_bytes(), "application/json")
    )
    assert (len(good), refused) == (828, [])
    reply = first_day.last
    reply.asked, reply.fetched_at = date(2024, 4, 26), datetime(2024, 4, 26, 13, 4, 36)
    reply.records = [payload for _, payload in good]
    report = first_day.check("arrival")
    assert (report.passed, broken_names(report)) == (True, set())
    seen = {r.name: r.observed for r in report.results}
    assert seen["records"] == "828"
    assert seen["index_share"] == f"{62 / 828:.4g}"
    assert seen["asked_date_share"] == f"{817 / 828:.4g}"
    assert seen["null_share_isin"] == f"{3 / 766:.4g}"
    assert seen["text_share_per_change_365d"] == f"{78 / 828:.4g}"
