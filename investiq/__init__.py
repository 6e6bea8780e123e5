"""The command line `investiq`: the only place that knows every room of the house."""
