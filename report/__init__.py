"""What leaves the warehouse: the marts as Parquet files and one self-contained HTML page."""
