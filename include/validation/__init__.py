"""Great Expectations suites compiled from the configuration."""
