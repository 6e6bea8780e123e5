"""What the DAGs share: assets, defaults, the gate of a session, tasks, alerts, dbt by Cosmos."""
