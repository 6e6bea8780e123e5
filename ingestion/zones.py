"""The four zones of the bucket and the keys in them.

    landing/     source=…/dataset=…/trade_date=…/fetched_at=…/<sha256 head>.<ext>   bytes received
    raw/         the same key, .csv.gz or .ndjson.gz   what COPY reads
    quarantine/  the same key, .ndjson.gz   refused, with why; of a page that nobody can read also
                 its source and its picture, .html and .png
    outcomes/    stage=…/source=…/dataset=…/trade_date=…/….json                      one per attempt

A landing key says what was asked and when; everything downstream keeps it as `source_key`.
"""

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import PurePosixPath

from ingestion.errors import ConfigurationError

LANDING = "landing/"
RAW = "raw/"
QUARANTINE = "quarantine/"
OUTCOMES = "outcomes/"
TABULAR = frozenset(
    {
        ("nse", "bhavcopy_legacy"),
        ("nse", "bhavcopy_udiff"),
        ("nse", "sec_bhavdata"),
        ("nse", "index_closes"),
        ("nse", "equity_list"),
        ("nse", "symbol_changes"),
        ("nse", "index_constituents"),
        ("operator", "adjustment_corrections"),
    }
)
STAMP = "%Y%m%dT%H%M%SZ"
_KEY = re.compile(
    r"(?P<zone>landing|raw|quarantine)/source=(?P<source>[a-z0-9_]+)/dataset=(?P<dataset>[a-z0-9_]+)"
    r"/trade_date=(?P<trade_date>\d{4}-\d{2}-\d{2})/fetched_at=(?P<fetched_at>\d{8}T\d{6}Z)"
    r"/(?P<sha>[0-9a-f]{16})\.(?P<extension>[a-z0-9]+(\.[a-z0-9]+)*)",
    re.ASCII,
)


@dataclass(frozen=True, slots=True)
class ObjectKey:
    """What a key of landing, raw or quarantine says; `fetched_at` is UTC, to the second."""

    source: str
    dataset: str
    trade_date: date
    fetched_at: datetime
    sha_head: str
    extension: str

    @classmethod
    def parse(cls, key: str) -> "ObjectKey":
        """Read a key of any of the three zones.

        Raises:
            ConfigurationError: the key was not written by this project.
        """
        found = _KEY.fullmatch(key)
        try:
            if not found:
                raise ValueError("another form")
            return cls(
                source=found["source"],
                dataset=found["dataset"],
                trade_date=date.fromisoformat(found["trade_date"]),
                fetched_at=datetime.strptime(found["fetched_at"], STAMP).replace(tzinfo=UTC),
                sha_head=found["sha"],
                extension=found["extension"],
            )
        except ValueError:
            raise ConfigurationError(
                f"The object {key!r} does not follow the naming of the zones. Only `investiq "
                "ingest` writes there: move it away and use `--source directory` to bring it in."
            ) from None

    @property
    def landing(self) -> str:
        """Where the bytes lie as received."""
        return f"{LANDING}{self._folder}/{self.sha_head}.{self.extension}"

    @property
    def raw(self) -> str:
        """Where the records lie that COPY can read."""
        form = "csv" if (self.source, self.dataset) in TABULAR else "ndjson"
        return f"{RAW}{self._folder}/{self.sha_head}.{form}.gz"

    @property
    def quarantine(self) -> str:
        """Where what was refused lies, with the reason."""
        return f"{QUARANTINE}{self._folder}/{self.sha_head}.ndjson.gz"

    def picture(self, extension: str) -> str:
        """Where the source and the picture of a page lie that no selector could read."""
        return f"{QUARANTINE}{self._folder}/{self.sha_head}.{extension}"

    @property
    def promote_outcome(self) -> str:
        """Where the record of the promotion lies; written last, so it says that all is there."""
        return f"{OUTCOMES}stage=promote/{self._folder}/{self.sha_head}.json"

    @property
    def _folder(self) -> str:
        return (
            f"{partition(self.source, self.dataset, self.trade_date)}"
            f"/fetched_at={self.fetched_at.strftime(STAMP)}"
        )


def partition(source: str, dataset: str, trade_date: date) -> str:
    """The part of a key that names what was asked for."""
    return f"source={source}/dataset={dataset}/trade_date={trade_date.isoformat()}"


def extension_of(content_type: str) -> str:
    """The file ending for a content type; what is not known is kept as .bin."""
    known = {
        "application/json": "json",
        "text/html": "html",
        "text/csv": "csv",
        "application/rss+xml": "xml",
        "application/xml": "xml",
        "text/xml": "xml",
        "application/x-ndjson": "jsonl",
        "application/zip": "zip",
        "application/x-zip-compressed": "zip",
        "application/gzip": "gz",
        "application/x-gzip": "gz",
    }
    return known.get(content_type.split(";")[0].strip().lower(), "bin")


def safe_name(name: str) -> str:
    """A file's own name without folders or odd characters, for records only, never for a key."""
    return re.sub(r"[^A-Za-z0-9._-]", "_", PurePosixPath(name.replace("\\", "/")).name)[:120]
