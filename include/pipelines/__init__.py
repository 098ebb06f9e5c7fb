"""The use cases: what a task, the command line and the tests call."""
