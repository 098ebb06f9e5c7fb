"""What happens when records are written: the rules of the org, and the writes themselves."""
