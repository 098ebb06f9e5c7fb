"""The data-quality report."""
