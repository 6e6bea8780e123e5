"""Prometheus on this machine: the configuration of production with other targets, nothing else."""

from pathlib import Path

import pytest
import yaml

from ingestion.settings import project_root
from sandbox.prometheus import PrometheusDidNotStart, localised, prometheus

CONFIG = project_root() / "monitoring" / "prometheus" / "prometheus.yml"
HERE = {
    "statsd-exporter:9102": "127.0.0.1:1",
    "alertmanager:9093": None,
    "localhost:9090": "127.0.0.1:2",
}


def test_only_targets_and_the_place_of_the_rules_are_changed() -> None:
    production, here = yaml.safe_load(CONFIG.read_text("utf-8")), localised(CONFIG, HERE)
    targets = [job["static_configs"][0]["targets"] for job in here["scrape_configs"]]
    assert targets == [["127.0.0.1:1"], ["127.0.0.1:2"]]
    assert here["rule_files"] == [str(CONFIG.parent / path) for path in production["rule_files"]]
    for read in (production, here):
        for job in (*read["scrape_configs"], *read["alerting"]["alertmanagers"]):
            del job["static_configs"][0]["targets"]
        del read["rule_files"]
    assert here == production


def test_a_target_that_nobody_stands_for_is_named() -> None:
    with pytest.raises(PrometheusDidNotStart, match=r"alertmanager:9093.*name it"):
        localised(CONFIG, {name: HERE[name] for name in HERE if name != "alertmanager:9093"})


def test_the_package_to_install_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with (
        pytest.raises(PrometheusDidNotStart, match="apt-get install prometheus"),
        prometheus(CONFIG, tmp_path, HERE),
    ):
        pytest.fail("it was not there to be started")


def test_what_prometheus_says_of_a_configuration_is_told(tmp_path: Path) -> None:
    config = tmp_path / "prometheus.yml"
    config.write_text("scrape_configs: [{job_name: a, scrape_interval: seldom}]\n")
    with (
        pytest.raises(PrometheusDidNotStart, match=r"(?s)not a valid duration.*Mend what it names"),
        prometheus(config, tmp_path / "own", {}),
    ):
        pytest.fail("it started")
