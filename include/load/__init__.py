"""Applies a plan to the vendors."""
