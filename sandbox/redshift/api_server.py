"""The HTTP side of the Data API, and the stand-in's own paths beside it.

GET /_sandbox/state, POST /_sandbox/faults {"fault": "slow_copy", "seconds": 5, "times": 1},
DELETE /_sandbox/faults, POST /_sandbox/restart {"seconds": 1}.
"""

import json
import logging
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from sandbox.redshift.data_api import ApiError, DataApi, LostResponse
from sandbox.redshift.engine import Engine

log = logging.getLogger("sandbox.redshift")
_PREFIX = "/_sandbox/"


class _Handler(BaseHTTPRequestHandler):
    """One request."""

    server: "ApiServer"
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        """An action of the Data API, or something scripted."""
        if self.path.startswith(_PREFIX):
            self._control()
            return
        action = self.headers.get("X-Amz-Target", "").partition(".")[2]
        request = self._body()
        try:
            if not self.headers.get("Authorization", "").startswith("AWS4-HMAC-SHA256 "):
                raise ApiError("MissingAuthenticationTokenException", "the request is not signed")
            self._reply(200, self.server.api.answer(action, request))
        except ApiError as refused:
            self._reply(400, {"__type": refused.kind, "message": str(refused)})
        except KeyError as missing:
            self._reply(400, {"__type": "ValidationException", "message": f"{missing} is missing"})
        except LostResponse:
            self.close_connection = True

    def do_GET(self) -> None:
        """The state."""
        self._control()

    def do_DELETE(self) -> None:
        """Forget the faults."""
        self._control()

    def _control(self) -> None:
        engine, body = self.server.engine, self._body()
        try:
            match self.command, self.path.removeprefix(_PREFIX):
                case "GET", "state":
                    pass
                case "POST", "faults":
                    engine.faults.script(body)
                case "DELETE", "faults":
                    engine.faults.clear()
                case "POST", "restart":
                    engine.restart(float(body.get("seconds", 1.0)))
                case _:
                    raise ValueError(f"no {self.command} {self.path}")
        except (TypeError, ValueError) as wrong:
            self._reply(400, {"error": str(wrong), "help": (__doc__ or "").split("\n\n")[1]})
            return
        self._reply(200, {"faults": engine.faults.state()})

    def _body(self) -> dict[str, Any]:
        text = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        value = json.loads(text or b"{}")
        return value if isinstance(value, dict) else {}

    def _reply(self, status: int, told: dict[str, Any]) -> None:
        data = json.dumps(told).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/x-amz-json-1.1")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, format: str, *args: object) -> None:
        """Requests go to the log of the stand-in."""
        log.debug(format, *args)


class ApiServer(ThreadingHTTPServer):
    """Listens on loopback."""

    daemon_threads = True
    request_queue_size = 64

    def __init__(self, port: int, engine: Engine) -> None:
        super().__init__(("127.0.0.1", port), _Handler)
        self.engine, self.api = engine, DataApi(engine)
