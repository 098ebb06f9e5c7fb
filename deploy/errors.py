"""What goes wrong with the stack itself, as against the runs in it."""


class StackError(Exception):
    """The command cannot be carried out; the message says why and what to do."""
