"""The suites as code: each module measures with SQL and says what it expects of the measures."""
