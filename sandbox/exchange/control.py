"""The sandbox's own paths: set the clock, script faults, see the state; loopback only.

GET /_sandbox/state, PUT /_sandbox/clock {"now": "2024-04-26T18:00:00"},
POST /_sandbox/faults {"path": "/any", "fault": "status", "times": 2, "options": {"code": 503}},
DELETE /_sandbox/faults.
"""

import json
from datetime import datetime
from typing import TYPE_CHECKING, Any

from sandbox.exchange.faults import FAULTS
from sandbox.exchange.file_faults import FILE_FAULTS
from sandbox.exchange.press import largest
from sandbox.exchange.routing import Reply, Request

if TYPE_CHECKING:
    from sandbox.exchange.server import Exchange

PREFIX = "/_sandbox/"
_LARGEST = 10  # so many companies are told, as `symbol=name`
_FAULTS = {**FAULTS, **FILE_FAULTS}


def control(exchange: "Exchange", request: Request) -> Reply:
    """Answer a request below `PREFIX`; a wrong one gets 400 and what is possible."""
    try:
        return _dispatch(exchange, request)
    except (LookupError, TypeError, ValueError) as error:
        return Reply.of_json({"error": str(error), "help": (__doc__ or "").split("\n\n")[1]}, 400)


def _dispatch(exchange: "Exchange", request: Request) -> Reply:
    match request.method, request.path.removeprefix(PREFIX):
        case "GET", "state":
            return Reply.of_json(_state(exchange))
        case "PUT" | "POST", "clock":
            exchange.set_clock(datetime.fromisoformat(_object(request)["now"]))
            return Reply.of_json(_state(exchange))
        case "POST", "faults":
            wanted = _object(request)
            name, options = wanted["fault"], wanted.get("options", {})
            if name not in _FAULTS:
                raise ValueError(f"no fault {name!r}; choose one of {', '.join(_FAULTS)}")
            exchange.script(wanted["path"], _FAULTS[name](**options), int(wanted.get("times", 1)))
            return Reply.of_json(_state(exchange), 201)
        case "DELETE", "faults":
            exchange.clear_faults()
            return Reply.of_json(_state(exchange))
    raise ValueError(f"no {request.method} {request.path}")


def _object(request: Request) -> dict[str, Any]:
    value = json.loads(request.body or b"null")
    if not isinstance(value, dict):
        raise ValueError("the body must be a JSON object")
    return value


def _state(exchange: "Exchange") -> dict[str, Any]:
    return {
        "now": exchange.now.isoformat(),
        "opens": exchange.market.sessions[0].isoformat(),
        "ends": exchange.market.sessions[-1].isoformat(),
        "largest": largest(exchange.market, exchange.now.date(), _LARGEST),
        "requests": len(exchange.requests),
        "faults": {path: [repr(f) for f in left] for path, left in exchange.pending.items()},
    }
