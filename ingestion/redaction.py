"""Secrets are cut out of every text before it is logged, recorded or raised."""

import logging
import re
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager

MASK = "***"
SHORTEST_SECRET = 6  # shorter ones are placeholders of a local setup, and letters of every word
_SECRET_PARAMETER = re.compile(
    r"(?i)([\w-]{0,40}(?:api[-_]?key|access[-_]?key|token|signature|password|secret)[\w-]{0,20}"
    r"[\"']?\s*[=:]\s*[\"']?)([^\s&\"',;]+)"
)
_ECHOED_KEY = re.compile(r"(?i)(your API key as )\S+")


def redact(text: str, secrets: Iterable[str] = ()) -> str:
    """Mask the given secrets, key-like parameters and headers, and keys that an API echoes."""
    for secret in sorted(secrets, key=len, reverse=True):  # one may be the beginning of another
        if len(secret) >= SHORTEST_SECRET:
            text = text.replace(secret, MASK)
    text = _SECRET_PARAMETER.sub(rf"\1{MASK}", text)
    return _ECHOED_KEY.sub(rf"\1{MASK}", text)


@contextmanager
def redacted_logs(loggers: Iterable[str], secrets: Iterable[str] = ()) -> Iterator[None]:
    """Cut the secrets out of what the named loggers of other libraries log during the block."""
    known = tuple(secrets)

    def cut(record: logging.LogRecord) -> bool:
        record.msg, record.args = redact(record.getMessage(), known), ()
        return True

    with ExitStack() as opened:
        for name in loggers:
            logger = logging.getLogger(name)
            logger.addFilter(cut)
            opened.callback(logger.removeFilter, cut)
        yield
