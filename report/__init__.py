"""What leaves the warehouse: the marts as Parquet files and one self-contained HTML page.

Start at `report.publish.publish`. This module imports nothing, because the chart library takes a
second to load and the export alone does not need it.
"""
