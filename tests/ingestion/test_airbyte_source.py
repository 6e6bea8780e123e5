"""Airbyte's own Google Sheets connector, in its own environment, against an API of ours.

Its hosts are hard-coded, so it goes through a proxy of ours that takes every CONNECT to the
simulated API, under a certificate of ours. The connector itself runs as it is published; only
which certificates its Python trusts is said from outside, in a sitecustomize.
"""

import gzip
import ipaddress
import json
import os
import socket
import socketserver
import ssl
import subprocess
import threading
import uuid
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import NameOID
from jsonschema import Draft7Validator
from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

from ingestion.loading import DATASETS, load_pending
from ingestion.loading.duckdb_warehouse import DuckDBWarehouse
from ingestion.objectstore import ObjectStore
from ingestion.promotion import promote_pending
from ingestion.sources.airbyte import collect

ROOT = Path(__file__).resolve().parents[2]
CONNECTOR = Path(
    os.environ.get("INVESTIQ_AIRBYTE_VENV", ROOT / ".venv" / "airbyte"),
    "bin",
    "source-google-sheets",
)
HOSTS = ("sheets.googleapis.com", "oauth2.googleapis.com")
SHEET = "made-up-spreadsheet-id"
HEADER = [
    "Date ",
    "series ",
    "OPEN ",
    "HIGH ",
    "LOW ",
    "PREV. CLOSE ",
    "close ",
    "52W H ",
    "VALUE ",
]
ROWS = [
    [
        "19-Feb-2020",
        "EQ",
        "502.00",
        "523.00",
        "501.35",
        "502.15",
        "516.75",
        "568.20",
        "1,23,456.50",
    ],
    ["20-Feb-2020", "EQ", "517.00", "519.00", "510.00", "516.75", "", "568.20", "98,765.00"],
    ["", "", ""],
]
TABS = {"M&M": [HEADER, *ROWS], "Twice": [["Date", "x", "x"], ["19-Feb-2020", "1", "2"]]}

_TRUST = """import os
import certifi

certifi.where = lambda: os.environ["REQUESTS_CA_BUNDLE"]
"""


@pytest.fixture(scope="module")
def secrets(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path | str]:
    """A key, and a certificate of ours for the hosts of Google, valid for a day."""
    folder = tmp_path_factory.mktemp("tls")
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "simulated Google")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(
            x509.SubjectAlternativeName(
                [
                    *(x509.DNSName(host) for host in HOSTS),
                    x509.IPAddress(ipaddress.ip_address("127.0.0.1")),
                ]
            ),
            critical=False,
        )
        .sign(key, hashes.SHA256())
    )
    pem = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    (folder / "sitecustomize.py").write_text(_TRUST)
    (folder / "key.pem").write_bytes(pem)
    (folder / "ca.pem").write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    return {"ca": folder / "ca.pem", "key": folder / "key.pem", "private_key": pem.decode()}


@pytest.fixture
def google(secrets: dict[str, Any]) -> Iterator[HTTPServer]:
    """The parts of the Sheets API that the connector asks for, and the token endpoint."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(secrets["ca"], secrets["key"])
    with HTTPServer(ssl_context=context, threaded=True) as server:
        server.expect_request("/token").respond_with_json(
            {"access_token": "simulated", "expires_in": 3600, "token_type": "Bearer"}
        )
        base = f"/v4/spreadsheets/{SHEET}"
        server.expect_request(base).respond_with_handler(_spreadsheet)
        server.expect_request(f"{base}/values:batchGet").respond_with_handler(_values)
        yield server


def _spreadsheet(request: Request) -> Response:
    wanted = unquote(request.args.get("ranges", "")).removesuffix("!1:1")
    sheets = []
    for number, (title, rows) in enumerate(TABS.items()):
        if wanted in ("", title):
            properties = {
                "sheetId": number,
                "title": title,
                "index": number,
                "sheetType": "GRID",
                "gridProperties": {"rowCount": max(len(rows), 1), "columnCount": 26},
            }
            cells = [{"formattedValue": text} for text in (rows[0] if rows else [])]
            data = [{"rowData": [{"values": cells}]}] if cells else [{}]
            grid = {"data": data} if request.args.get("includeGridData") == "true" else {}
            sheets.append({"properties": properties, **grid})
    return _json({"spreadsheetId": SHEET, "sheets": sheets})


def _values(request: Request) -> Response:
    if request.headers.get("Authorization") != "Bearer simulated":
        return Response("no token", status=401)
    title, _, span = request.args["ranges"].rpartition("!")
    first, last = (int(end) for end in span.split(":"))
    values = TABS[unquote(title)][first - 1 : last]
    return _json({"spreadsheetId": SHEET, "valueRanges": [{"range": title, "values": values}]})


def _json(body: Any) -> Response:
    return Response(json.dumps(body), content_type="application/json")


class _Tunnel(socketserver.StreamRequestHandler):
    """CONNECT to any host of Google ends at the simulated API; to any other it is refused."""

    target: tuple[str, int]
    asked: list[str]

    def handle(self) -> None:
        host = self.rfile.readline().split()[1].decode().rpartition(":")[0]
        while self.rfile.readline().strip():
            pass
        self.asked.append(host)
        if host not in HOSTS:
            self.wfile.write(b"HTTP/1.1 403 Forbidden\r\n\r\n")
            return
        with socket.create_connection(self.target) as upstream:
            self.wfile.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
            back = threading.Thread(target=_pump, args=(upstream, self.connection), daemon=True)
            back.start()
            _pump(self.connection, upstream)
            back.join()


def _pump(source: socket.socket, sink: socket.socket) -> None:
    try:
        while block := source.recv(65536):
            sink.sendall(block)
        sink.shutdown(socket.SHUT_WR)
    except OSError:
        pass


@pytest.fixture
def connector(
    google: HTTPServer, secrets: dict[str, Any], tmp_path: Path
) -> Iterator[Callable[..., list[dict[str, Any]]]]:
    """Runs the connector as Airbyte does and gives its messages."""
    if not CONNECTOR.exists():
        pytest.skip("the connector is not installed: `make test` makes its environment")
    asked: list[str] = []
    tunnel = type("Tunnel", (_Tunnel,), {"target": ("127.0.0.1", google.port), "asked": asked})

    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), tunnel) as proxy:
        proxy.daemon_threads = True
        threading.Thread(target=proxy.serve_forever, daemon=True).start()
        environment = {
            "PATH": os.environ["PATH"],
            "HOME": str(tmp_path),
            "HTTPS_PROXY": f"http://127.0.0.1:{proxy.server_address[1]}",
            "REQUESTS_CA_BUNDLE": str(secrets["ca"]),
            "PYTHONPATH": str(secrets["ca"].parent),
        }

        def run(command: str, **files: Any) -> list[dict[str, Any]]:
            arguments = [str(CONNECTOR), command]
            for name, content in files.items():
                path = tmp_path / f"{name}.json"
                path.write_text(json.dumps(content))
                arguments += [f"--{name}", str(path)]
            done = subprocess.run(
                arguments, env=environment, capture_output=True, text=True, timeout=60, check=False
            )
            messages = [json.loads(line) for line in done.stdout.splitlines()]
            problems = [
                item["trace"]
                for item in messages
                if item["type"] == "TRACE" and "error" in item["trace"]
            ]
            assert done.returncode == 0, (problems, done.stderr)
            assert set(asked) <= set(HOSTS)
            return messages

        yield run
        proxy.shutdown()


@pytest.fixture
def config(secrets: dict[str, Any]) -> dict[str, Any]:
    account = {
        "type": "service_account",
        "client_email": "reader@made-up.iam.gserviceaccount.com",
        "private_key": secrets["private_key"],
        "token_uri": "https://oauth2.googleapis.com/token",
    }
    credentials = {"auth_type": "Service", "service_account_info": json.dumps(account)}
    return {"spreadsheet_id": SHEET, "credentials": credentials}


def test_our_configuration_is_what_the_connector_takes(
    connector: Callable[..., list[dict[str, Any]]], config: dict[str, Any]
) -> None:
    specification = connector("spec")[-1]["spec"]["connectionSpecification"]
    ours = json.loads((ROOT / "ingestion" / "airbyte" / "source.json").read_text())
    assert set(ours) <= set(specification["properties"])
    errors = Draft7Validator(specification).iter_errors(
        ours | {"credentials": config["credentials"]}
    )
    assert [error.message for error in errors] == []


def test_a_sheet_travels_through_the_connector_into_the_raw_table(
    connector: Callable[..., list[dict[str, Any]]],
    config: dict[str, Any],
    store: ObjectStore,
    warehouse: DuckDBWarehouse,
) -> None:
    [status] = [item for item in connector("check", config=config) if "connectionStatus" in item]
    assert status["connectionStatus"]["status"] == "SUCCEEDED"
    catalog = connector("discover", config=config)[-1]["catalog"]["streams"]
    assert {stream["name"] for stream in catalog} == set(TABS)
    selected = [
        {"stream": stream, "sync_mode": "full_refresh", "destination_sync_mode": "overwrite"}
        for stream in catalog
    ]
    messages = connector("read", config=config, catalog={"streams": selected})
    records = [item["record"] for item in messages if item["type"] == "RECORD"]
    for stream in TABS:
        _write_as_the_s3_destination(store, stream, [r for r in records if r["stream"] == stream])

    assert [outcome.status for outcome in collect(store, "airbyte", max_bytes=10_000)] == ["ok"] * 2
    promote_pending(store)
    load_pending(DATASETS["airbyte_records"], store, warehouse)
    with warehouse._open() as con:
        rows = con.execute(
            "select stream_name, record_no, payload from raw_data.airbyte_records order by all"
        ).fetchall()
    keys = ["date", "series", "open", "high", "low", "prev_close", "close", "52w_h", "value"]
    cells = [dict(zip(keys, row, strict=True)) for row in ROWS[:2]]
    del cells[1]["close"]  # an empty cell is no member
    read = [(stream, number, json.loads(payload)) for stream, number, payload in rows]
    assert {json.dumps(payload.pop("_airbyte_meta")) for _, _, payload in read} == {
        '{"changes": [], "sync_id": 1}'
    }
    assert read == [
        ("M&M", 1, cells[0]),
        ("M&M", 2, cells[1]),
        ("Twice", 1, {"date": "19-Feb-2020"}),  # this version drops columns of one name
    ]


def _write_as_the_s3_destination(
    store: ObjectStore, stream: str, records: list[dict[str, Any]]
) -> None:
    lines = [
        json.dumps(
            {
                "_airbyte_raw_id": str(uuid.uuid4()),
                "_airbyte_extracted_at": record["emitted_at"],
                "_airbyte_generation_id": 1,
                "_airbyte_meta": {"changes": [], "sync_id": 1},
                "_airbyte_data": record["data"],
            }
        )
        for record in records
    ]
    moment = datetime.fromtimestamp(records[0]["emitted_at"] / 1000, UTC)
    name = f"{moment:%Y_%m_%d}_{records[0]['emitted_at']}_0.jsonl.gz"
    body = gzip.compress("\n".join(lines).encode())
    store.put(f"airbyte/{stream}/{name}", body, "", {"ab-generation-id": "1"})
