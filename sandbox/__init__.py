"""The sandbox: a simulated exchange and an embedded S3, for the demo and the tests only."""
