"""Reads the query parameters of a call: typed, with one clear problem for what is wrong."""

from collections.abc import Collection, Mapping
from datetime import datetime

from include.sandbox.mailchimp import times
from include.sandbox.mailchimp.problems import FieldError, Problem, invalid_fields
from include.sandbox.mailchimp.projection import Projection
from include.sandbox.mailchimp.wordings import Text, wording

DEFAULT_COUNT = 10
MAX_COUNT = 1000
TRUE = frozenset({"true", "1"})
FALSE = frozenset({"false", "0"})
FLAGS = frozenset(
    {
        "has_ecommerce_store",
        "include_cleaned",
        "include_resend_shortcut_eligibility",
        "include_resend_shortcut_usage",
        "include_total_contacts",
        "include_transactional",
        "include_unsubscribed",
        "required",
        "since_last_campaign",
        "skip_duplicate_check",
        "skip_merge_validation",
        "vip_only",
    }
)
DIRECTIONS = ("ASC", "DESC")


class Query:
    """The query parameters of one call.

    Args:
        values: by name, as given.
        empty: whether an empty one is a value, else it counts as not given.

    Every reader raises `Problem` (400) that names the parameter when its value is not as it should be.
    """

    def __init__(self, values: Mapping[str, str], *, empty: bool = True) -> None:
        self._values = values if empty else {name: value for name, value in values.items() if value}

    def text(self, name: str) -> str | None:
        """The parameter, or None where it is absent or empty."""
        return self._values.get(name) or None

    def words(self, name: str, choices: Collection[str] = ()) -> list[str]:
        """A comma-separated list, of these choices if there are any."""
        words = [word.strip() for word in self._values.get(name, "").split(",") if word.strip()]
        if choices and not set(words) <= set(choices):
            raise self._not_one_of(name, choices)
        return words

    def choice(self, name: str, choices: Collection[str]) -> str | None:
        """One of a fixed set."""
        value = self._values.get(name)
        if value is not None and value not in choices:
            raise self._not_one_of(name, choices)
        return value

    def flag(self, name: str) -> bool:
        """A boolean; false where it is absent."""
        value = self._values.get(name, "false").lower()
        if value not in TRUE | FALSE:
            raise self._wrong(name, wording("boolean"))
        return value in TRUE

    def has(self, name: str) -> bool:
        """Whether the parameter is given at all."""
        return name in self._values

    def time(self, name: str) -> datetime | None:
        """A point in time."""
        value = self._values.get(name)
        if value is None:
            return None
        try:
            return times.parse(value)
        except ValueError:
            raise self._wrong(name, wording("time")) from None

    def order(self, fields: Collection[str]) -> tuple[str | None, str]:
        """By which field a collection is sorted, if any, and in which direction."""
        return self.choice("sort_field", fields), self.choice("sort_dir", DIRECTIONS) or "ASC"

    def check_flags(self) -> None:
        """Looks at the booleans that no endpoint may look at."""
        for name in FLAGS & self._values.keys():
            self.flag(name)

    def count(self) -> int:
        """How many items of a collection are wanted: 10 unless said, 1,000 at most."""
        return self._integer("count", DEFAULT_COUNT, MAX_COUNT)

    def offset(self) -> int:
        """How many items of a collection are passed over."""
        return self._integer("offset", 0, None)

    def page(self) -> slice:
        """Which items of a collection are wanted. One slice: what is passed over is not copied, page after page."""
        offset = self.offset()
        return slice(offset, offset + self.count())

    def projection(self) -> Projection:
        """Which fields of the answer are wanted."""
        wanted, unwanted = self.words("fields"), self.words("exclude_fields")
        if wanted and unwanted:
            raise self._wrong("exclude_fields", wording("fields_or_exclude"))
        return Projection.of(wanted, unwanted)

    def _integer(self, name: str, default: int, most: int | None) -> int:
        value = self._values.get(name)
        if value is None:
            return default
        if not value.isascii() or not value.isdigit():
            raise self._wrong(name, wording("whole"))
        number = int(value)
        if most is not None and number > most:
            raise self._wrong(name, wording("most", most=most))
        return number

    def _not_one_of(self, name: str, choices: Collection[str]) -> Problem:
        return self._wrong(name, wording("choice", values=", ".join(sorted(choices))))

    @staticmethod
    def _wrong(name: str, message: Text) -> Problem:
        return invalid_fields(FieldError(name, message))
