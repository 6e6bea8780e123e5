"""The Lambda that promotes what lands."""
