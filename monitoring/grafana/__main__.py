"""Write the dashboards: `python -m monitoring.grafana`, or `make dashboards`."""

import json
from pathlib import Path

from grafana_foundation_sdk.cog.encoder import JSONEncoder

from monitoring.grafana.airflow import airflow
from monitoring.grafana.dags import dag, dags
from monitoring.grafana.freshness import freshness
from monitoring.grafana.ingestion import ingestion
from monitoring.grafana.warehouse import warehouse

FOLDER = Path(__file__).parent / "dashboards"
BOARDS = (freshness, dags, dag, warehouse, ingestion, airflow)  # in the order of looking


def generated() -> dict[str, str]:
    """File name → JSON, with keys in order, so that a change is seen as what it is."""
    built = [board() for board in BOARDS]
    return {
        f"{one.uid}.json": json.dumps(one, cls=JSONEncoder, indent=1, sort_keys=True) + "\n"
        for one in built
    }


def main() -> None:
    """Write them all, and remove what no board makes any more."""
    made = generated()
    for old in FOLDER.glob("*.json"):
        if old.name not in made:
            old.unlink()
    for name, text in made.items():
        (FOLDER / name).write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
