"""Fetch, land, promote and load: how data enters the warehouse."""
