"""The dashboards as code; `python -m monitoring.grafana` writes them."""
