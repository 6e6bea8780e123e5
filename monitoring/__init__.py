"""Metrics, what they are drawn on, and what wakes somebody: see README.md."""
