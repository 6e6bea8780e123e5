"""What metrics cost: one of them, and those of a whole run as a part of its time."""

import re
import sys
import time
from collections.abc import Callable
from statistics import median

import pytest

from ingestion.settings import Settings
from investiq import watching
from investiq.dbt_results import node_results
from monitoring import metrics, observe
from monitoring.client import Meter, meter
from tests.monitoring.receiver import Receiver, samples_of

pytestmark = [pytest.mark.bench, pytest.mark.timeout(1500)]
TIMES = 2000
BY_NAME = {metric.name: metric for metric in metrics.METRICS}


def microseconds(do: Callable[[], None]) -> float:
    """The median of five rounds, for one of many."""
    rounds = []
    for _ in range(5):
        begun = time.perf_counter()
        do()
        rounds.append((time.perf_counter() - begun) / TIMES * 1e6)
    return median(rounds)


def tell(telling: Meter) -> None:
    for number in range(TIMES):
        telling.tell(metrics.ROWS_LOADED, number, table="rapidapi_quotes")


def tell_together(telling: Meter) -> None:
    with telling.together() as batch:
        tell(batch)


def test_one_metric_costs_microseconds() -> None:
    with Receiver() as listening:
        on = meter("127.0.0.1", listening.port)
        costs = {
            "off": microseconds(lambda: tell(meter(None, 8125))),
            "heard": microseconds(lambda: tell(on)),
            "heard, many together": microseconds(lambda: tell_together(on)),
        }
    costs["nobody listens"] = microseconds(lambda: tell(on))
    for name, cost in costs.items():
        sys.stdout.write(f"one metric, {name}: {cost:.1f} µs\n")
    assert max(costs.values()) < 500


def test_the_metrics_of_a_whole_run_are_a_small_part_of_it(demo_once) -> None:
    """All that the demo did for them is done again: values sent one by one, marts asked.

    Two whole runs are not compared: they differ by more than what is looked for.
    """
    home, ended = demo_once
    [whole] = [int(found) for found in re.findall(r"All of it took (\d+) s", ended.stdout)]
    sent = samples_of([home.with_name("demo.statsd").read_bytes()])
    with Receiver() as listening:
        settings = Settings(home=home, statsd_host="127.0.0.1", statsd_port=listening.port)
        telling = watching.meter_of(settings)
        begun = time.perf_counter()
        for sample in sent:
            telling.tell(BY_NAME[sample.name], sample.value, **dict(sample.labels))
        sending = time.perf_counter() - begun
        begun = time.perf_counter()
        observe.build(telling, node_results(home / "dbt" / "target", 0), ok=True)
        reading = time.perf_counter() - begun
        begun = time.perf_counter()
        watching.look(settings)
        looking = time.perf_counter() - begun
    share = (sending + reading + looking) / whole
    sys.stdout.write(
        f"the demo: {len(sent)} values, {len({(s.name, s.labels) for s in sent})} series; sending "
        f"{sending * 1000:.0f} ms, dbt's results {reading * 1000:.0f} ms, looking at the marts "
        f"{looking * 1000:.0f} ms: {share:.3%} of its {whole} s\n"
    )
    assert share < 0.02
