"""Campaign activity: the event history, nightly snapshots of it, and their rows in Salesforce."""
