"""Reproducible chance: every draw follows from a key, never from the order in which things are asked for."""

from collections.abc import Sequence
from hashlib import blake2b
from typing import TypeVar

T = TypeVar("T")


class Dice:
    """Independent draws for one key, the same on every machine.

    One 512-bit number is taken apart draw by draw, so a key is good for some 300 bits of choices before the draws
    become uneven. That is several times faster than seeding a `random.Random` for every person.
    """

    __slots__ = ("_rest",)

    def __init__(self, *key: str | int) -> None:
        self._rest = int.from_bytes(blake2b(repr(key).encode(), digest_size=64).digest(), "big")

    def below(self, limit: int) -> int:
        """A whole number from 0 to limit - 1."""
        self._rest, drawn = divmod(self._rest, limit)
        return drawn

    def percent(self, chance: int) -> bool:
        """True in `chance` of 100 cases."""
        self._rest, drawn = divmod(self._rest, 100)
        return drawn < chance

    def pick(self, options: Sequence[T]) -> T:
        """One of the options."""
        self._rest, drawn = divmod(self._rest, len(options))
        return options[drawn]
