"""A Salesforce org as a local HTTP server: log-in, REST, SOQL, Bulk API 2.0, on SQLite."""
