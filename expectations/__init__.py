"""Great Expectations checks: what arrived, and whether the newest sessions look like a market."""
