"""What tasks import, imported once by the scheduler: LocalExecutor forks its tasks from there.

A task of a second of work would else spend three on imports. Nothing of Airflow itself, which is
still being imported when this is.
"""

import boto3 as boto3
import duckdb as duckdb
import great_expectations as great_expectations

from expectations import store as store
from investiq import backfill as backfill
from investiq import chain as chain
from investiq import maintenance as maintenance
from investiq import news as news
from investiq import sessions as sessions
from report import publish as publish
