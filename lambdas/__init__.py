"""AWS Lambda functions: thin handlers over `ingestion`."""
