"""The stand-in for statsd_exporter: every rule with the place where the real one has it.

Places are paths in github.com/prometheus/statsd_exporter. Every case is a real datagram.
"""

import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest
import requests

from sandbox.statsd import ExporterDidNotStart, Mapper, MappingRefused, StatsdExporter
from sandbox.statsd import server as module
from sandbox.statsd.series import number

LINE = "pkg/line/line.go"
MAPPER = "pkg/mapper/mapper.go"
ESCAPE = "pkg/mapper/escape.go"
EXPORTER = "pkg/exporter/exporter.go"
REGISTRY = "pkg/registry/registry.go"
README = "README.md"


def send(exporter: StatsdExporter, *datagrams: bytes) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
        for datagram in datagrams:
            sender.sendto(datagram, ("127.0.0.1", exporter.port))


def samples(exporter: StatsdExporter) -> set[str]:
    """The lines with values, without what the exporter counts of itself."""
    lines = exporter.registry.lines(time.time())
    return {line for line in lines if not line.startswith("#")}


def exported(*datagrams: str, mapping: str = "") -> StatsdExporter:
    """An exporter that has read these; it reads all before it ends."""
    with StatsdExporter(Mapper.of(mapping)) as exporter:
        send(exporter, *(datagram.encode() for datagram in datagrams))
    return exporter


HISTOGRAM = """
defaults: {observer_type: histogram, histogram_options: {buckets: [0.5, 2.5, 1000000]}}
mappings:
- {match: own.*, name: "own_$1", histogram_options: {buckets: [7]}}
- {match: old, name: old, timer_type: summary, quantiles: [{quantile: 0.9, error: 0.1}]}
"""
LABELS = """
mappings:
- {match: "test.*.*.counter", name: "${2}_total", labels: {provider: "$1", job: "${1}_server"}}
- {match: "a.b", match_metric_type: gauge, name: a_gauge}
- {match: "a.b", name: a_any, help: "of any other type", scale: 10}
- {match: "a.*", name: never_as_the_first_wins_unless_this_is_c, labels: {rest: "$1$2"}}
- {match: 'x\\.(\\w+)--(.*)', match_type: regex, name: "x_${1}", labels: {code: "$2"}}
- {match: 'y(.)', match_type: regex, name: "y_$1_total"}
- {match: 'noise\\..*', match_type: regex, name: dropped, action: drop}
- {match: kept, name: kept, labels: {source: mapping}, honor_labels: true}
- {match: taken, name: taken, labels: {source: mapping}}
"""


@pytest.mark.parametrize(
    ("datagrams", "mapping", "expected", "place"),
    [
        (["a:1|c", "a:2|c"], "", {"a 3"}, README),
        (["a:1|c\nb:2|g"], "", {"a 1", "b 2"}, "pkg/listener/listener.go"),
        (["a.b-c/d:1|c"], "", {"a_b_c_d 1"}, ESCAPE),
        (["9a--b:1|c"], "", {"_9a_b 1"}, ESCAPE),
        (["g:5|g", "g:-2|g", "g:+4|g"], "", {"g 7"}, LINE),
        (["g:5|g\ng:0|g\ng:-2|g"], "", {"g -2"}, LINE),
        (["a:1|c|@0.1"], "", {"a 10"}, LINE),
        (["g:3|g|@0.1"], "", {"g 3"}, LINE),
        (["t:700|ms|@0.5"], HISTOGRAM, {"t_sum 1.4", "t_count 2"}, LINE),
        (["a:1|c:2|c:4|c"], "", {"a 7"}, LINE),
        (["t:1:2|h"], HISTOGRAM, {"t_sum 3", "t_count 2"}, LINE),
        (["t:3|d"], HISTOGRAM, {"t_sum 3", "t_count 1"}, LINE),
        (["a,x=1,y-z=b.c:2|c"], "", {'a{x="1",y_z="b.c"} 2'}, LINE),
        (["a#x=1:2|c"], "", {'a{x="1"} 2'}, LINE),
        (["a[x=1,y=2].b:2|c"], "", {'a_b{x="1",y="2"} 2'}, LINE),
        (["a:2|c|#x:1,y:b:c"], "", {'a{x="1",y="b:c"} 2'}, LINE),
        (["a:2|c|#x:1|c:abc|T1656581400"], "", {'a{container_id="abc",x="1"} 2'}, LINE),
        ([r'a,x=q"\:1|c'], "", {r'a{x="q\"\\"} 1'}, "text format 0.0.4"),
        (["a,x=1:1|c", "a,y=1:1|c", "a:1|c"], "", {'a{x="1"} 1', 'a{y="1"} 1', "a 1"}, REGISTRY),
        (
            ["t:500|ms", "t:600|ms", "t:9000000000|ms"],
            HISTOGRAM,
            {
                't_bucket{le="0.5"} 1',
                't_bucket{le="2.5"} 2',
                't_bucket{le="1e+06"} 2',
                't_bucket{le="+Inf"} 3',
                "t_count 3",
            },
            MAPPER,
        ),
        (["own.t:1000|ms"], HISTOGRAM, {'own_t_bucket{le="7"} 1', "own_t_sum 1"}, MAPPER),
        (["old:1000|ms"], HISTOGRAM, {'old{quantile="0.9"} 1', "old_count 1"}, MAPPER),
        (
            [f"t:{n}|h" for n in range(1, 101)],
            "",
            {'t{quantile="0.5"} 50', 't{quantile="0.9"} 90', 't{quantile="0.99"} 99'},
            MAPPER,
        ),
        (
            ["test.a.b.counter:1|c"],
            LABELS,
            {'b_total{job="a_server",provider="a"} 1'},
            README,
        ),
        (["a.b:1|g"], LABELS, {"a_gauge 1"}, README),
        (["a.b:1|c"], LABELS, {"a_any 10"}, EXPORTER),
        (
            ["a.c:1|c"],
            LABELS,
            {'never_as_the_first_wins_unless_this_is_c{rest="c"} 1'},
            "pkg/mapper/fsm/formatter.go",
        ),
        (["a.b.c:1|c"], LABELS, {"a_b_c 1"}, README),
        (["x.u--7.8:1|c"], LABELS, {'x_u{code="7.8"} 1'}, README),
        (["yz:1|c"], LABELS, {"y_ 1"}, "regexp.Expand of Go"),
        (["noise.a:1|c"], LABELS, set(), README),
        (["kept,source=tag:1|c"], LABELS, {'kept{source="tag"} 1'}, EXPORTER),
        (["taken,source=tag:1|c"], LABELS, {'taken{source="mapping"} 1'}, EXPORTER),
    ],
)
def test_it_exports_what_the_real_one_does(
    datagrams: list[str], mapping: str, expected: set[str], place: str
) -> None:
    found = samples(exported(*datagrams, mapping=mapping))
    assert expected <= found, place
    assert bool(found) is bool(expected), place


@pytest.mark.parametrize(
    ("line", "counted", "label", "place"),
    [
        ("nothing", "sample_errors", {"reason": "malformed_line"}, LINE),
        (":1|c", "sample_errors", {"reason": "malformed_line"}, LINE),
        ("a:1", "sample_errors", {"reason": "not_enough_parts_after_colon"}, LINE),
        ("a:one|c", "sample_errors", {"reason": "malformed_value"}, LINE),
        ("a:1|c|", "sample_errors", {"reason": "malformed_component"}, LINE),
        ("a:1|c|x", "sample_errors", {"reason": "invalid_sample_factor"}, LINE),
        ("a:1|s", "sample_errors", {"reason": "illegal_event"}, LINE),
        ("a,x=1:1|c|#y:2", "sample_errors", {"reason": "mixed_tagging_styles"}, LINE),
        ("a:1:2|c", "sample_errors", {"reason": "invalid_extended_aggregate_type"}, LINE),
        ("a,x=1,=2,y:1|c", "tag_errors", {}, LINE),
        ("a[x=1:1|c", "tag_errors", {}, LINE),
        ("a:-1|c", "events_error", {"reason": "illegal_negative_counter"}, EXPORTER),
        ("noise.a:1|c", "events_actions", {"action": "drop"}, EXPORTER),
        ("elsewhere:1|c", "events_unmapped", {}, EXPORTER),
    ],
)
def test_what_it_cannot_take_is_counted(
    line: str, counted: str, label: dict[str, str], place: str
) -> None:
    exporter = exported(line, "still:1|c", mapping=LABELS)
    assert exporter.registry.tally.get(counted, **label) >= 1, place
    assert "still 1" in samples(exporter)


@pytest.mark.parametrize(
    ("first", "second", "kind"),
    [
        ("a:1|c", "a:1|g", "gauge"),
        ("a:1|g", "a:1|c", "counter"),
        ("a:1|c", "a:1|ms", "observer"),
        ("a_sum:1|c", "a:1|ms", "observer"),
    ],
)
def test_a_name_has_one_type(first: str, second: str, kind: str) -> None:
    """`MetricConflicts` in pkg/registry/registry.go."""
    exporter = exported(first, second)
    assert exporter.registry.tally.get("events_conflict", type=kind) == 1
    assert len(samples(exporter)) == 1


def test_a_series_lives_as_long_as_its_mapping_says() -> None:
    """`RemoveStaleMetrics` in pkg/registry/registry.go; the time is Go's, as in README.md."""
    mapping = "defaults: {ttl: 1m20s}\nmappings: [{match: long.lived, name: b, ttl: 2h}]"
    with StatsdExporter(Mapper.of(mapping)) as exporter:
        exporter.take(b"a:1|g\nlong.lived:1|g", 1000.0)
        exporter.registry.expire(1080.0)
        assert samples(exporter) == {"a 1", "b 1"}
        exporter.registry.expire(1081.0)
        assert samples(exporter) == {"b 1"}


@pytest.mark.parametrize(
    ("mapping", "said"),
    [
        ("mappings: [{match: a.b}]", "also what is dropped needs one"),
        ("mappings: [{match: a.b, name: 'a b'}]", "the name"),
        ("mappings: [{match: 'a.*b', name: a}]", "invalid match"),
        ("mappings: [{match: '(', match_type: regex, name: a}]", "invalid regex"),
        ("mappings: [{match: a.b, name: a, labels: {'x-y': z}}]", "invalid label key"),
        ("mappings: [{match: a.b, name: a, match_metric_type: ms}]", "invalid metric type"),
        ("mappings: [{match: a.b, name: a, observer_type: h}]", "invalid observer type"),
        ("mappings: [{match: a.b, name: a, action: skip}]", "map, drop"),
        ("mappings: [{match: a.b, name: a, ttl: 5}]", "no duration"),
        (
            "mappings: [{match: a.b, name: a, histogram_options: {buckets: [1]}}]",
            "cannot use summary observer",
        ),
        ("mappings: [{match: a.b, name: a, lables: {}}]", "unknown ['lables']"),
        ("defaults: {glob_disable_ordering: true}", "stand-in:"),
        ("mappings: [", "not YAML"),
    ],
)
def test_a_mapping_that_the_real_one_would_refuse_is_refused(
    mapping: str, said: str, tmp_path: Path
) -> None:
    """The checks of `InitFromYAMLString` in pkg/mapper/mapper.go; unknown keys are our own."""
    file = tmp_path / "mapping.yml"
    file.write_text(mapping)
    with pytest.raises(MappingRefused) as refused:
        Mapper.read(file)
    assert said in str(refused.value)
    assert str(file) in str(refused.value)


def test_two_helps_of_one_name_spoil_the_scrape() -> None:
    """Go's client refuses to gather them (prometheus/registry.go, `checkMetricConsistency`)."""
    mapping = "mappings: [{match: a, name: c, help: one}, {match: b, name: c, help: two}]"
    with StatsdExporter(Mapper.of(mapping)) as exporter:
        send(exporter, b"a,x=1:1|c", b"b,x=2:1|c")
        deadline = time.monotonic() + 10
        while exporter.broken is None and time.monotonic() < deadline:
            time.sleep(0.01)
        reply = requests.get(f"{exporter.url}/metrics", timeout=10)
    assert (reply.status_code, "two help texts" in reply.text) == (500, True)


@pytest.mark.skipif(not Path("/proc/net/udp").exists(), reason="the kernel does not tell here")
def test_what_the_kernel_threw_away_is_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_BUFFER", 4096)
    exporter = StatsdExporter(Mapper())  # not entered: nobody reads
    send(exporter, *[b"a:1|c" * 20] * 200)
    line = f"statsd_standin_udp_drops_total {module.drops(exporter.port)}"
    assert 0 < (module.drops(exporter.port) or 0) < 200
    assert line in exporter.exposition()
    with exporter:
        pass


def test_it_runs_by_itself_records_and_ends_when_it_is_told(tmp_path: Path) -> None:
    mapping, record = tmp_path / "mapping.yml", tmp_path / "lines"
    mapping.write_text(HISTOGRAM)
    command = [sys.executable, "-m", "sandbox.statsd", "--mapping", mapping, "--record", record]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        url, port = process.stdout.readline().split()
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
            sender.sendto(b"a:1|c\nb:2|c", ("127.0.0.1", int(port)))
        deadline = time.monotonic() + 10
        while "\nb 2\n" not in (text := requests.get(f"{url}/metrics", timeout=10).text):
            assert time.monotonic() < deadline, text
            time.sleep(0.02)
        process.terminate()
        assert process.wait(10) == 0
    assert record.read_text() == "a:1|c\nb:2|c\n"


def test_a_port_that_is_taken_is_named() -> None:
    with StatsdExporter(Mapper()) as first:
        with pytest.raises(ExporterDidNotStart) as refused:
            StatsdExporter(Mapper(), port=first.port)
        assert str(first.port) in str(refused.value)
    assert "INVESTIQ_STATSD_PORT" in str(refused.value)


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        *((0.0, "0"), (1.0, "1"), (0.25, "0.25"), (600.0, "600"), (-3.5, "-3.5")),
        *((1e6, "1e+06"), (1234567.0, "1.234567e+06"), (1e-5, "1e-05"), (float("-inf"), "-Inf")),
    ],
)
def test_numbers_are_written_as_go_writes_them(value: float, shown: str) -> None:
    """`strconv.FormatFloat(v, 'g', -1, 64)`: the label `le` is compared as text."""
    assert number(value) == shown
