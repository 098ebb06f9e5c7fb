"""Campaign activity: events, nightly snapshots."""
