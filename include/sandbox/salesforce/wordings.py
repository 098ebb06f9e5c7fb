"""What a refusal says; where no source shows it, by a switch, so that a test can change it.

A refusal takes its words from `assumed_words` by name and keeps what stands in their places; they become text only
where they leave the org (`Said.told`), as the switch says at that moment. The default is what is assumed.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from include.sandbox.controls import Switch, SwitchValue
from include.sandbox.salesforce.assumed_words import WORDINGS

PREFIX = "error_"
SWITCHES = {
    f"{PREFIX}{name}": Switch(f"{wording.code}: {wording.text}", wording.meaning) for name, wording in WORDINGS.items()
}


class _Places(dict[str, object]):
    """What stands in a text's places; nothing stands in one that is not known."""

    def __missing__(self, _name: str) -> str:
        return ""


@dataclass(frozen=True, slots=True)
class Said:
    """The code and the words of a refusal.

    Attributes:
        name: of the wording where they are assumed; empty where a source shows them.
        places: what stands in its places.
    """

    code: str
    text: str
    name: str = ""
    places: Mapping[str, object] = field(default_factory=dict)

    def told(self, switches: Mapping[str, SwitchValue]) -> "Said":
        """As the switches word it."""
        if not self.name:
            return self
        code, _, text = str(switches[f"{PREFIX}{self.name}"]).partition(": ")
        return Said(code, text.format_map(_Places(self.places)))


def assumed(name: str, /, **places: object) -> Said:
    """A refusal whose code and words are an assumption, by the name of its wording."""
    wording = WORDINGS[name]
    return Said(wording.code, wording.text.format_map(_Places(places)), name, places)
