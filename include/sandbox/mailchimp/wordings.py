"""Words of errors that no source settles: each text is a switch, so that a test can have others said.

`texts` has their table. Where an error arises, only the text's name and the values in it are known; its words are
chosen when the error is answered.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from include.sandbox.controls import Switch, SwitchValue

PREFIX = "text_"


@dataclass(frozen=True, slots=True)
class Text:
    """What an error says, before its words are chosen.

    Args:
        switch: the name of the switch that has the words.
        values: what takes the place of `{name}` in them.
    """

    switch: str
    values: Mapping[str, object] = field(default_factory=dict)

    def said(self, switches: Mapping[str, SwitchValue]) -> str:
        """The words."""
        words = str(switches[self.switch])
        for name, value in self.values.items():
            words = words.replace(f"{{{name}}}", str(value))
        return words


def wording(text: str, /, **values: object) -> Text:
    """The text with this name in the table."""
    return Text(PREFIX + text, values)


def said(words: str | Text, switches: Mapping[str, SwitchValue]) -> str:
    """Words that a source gives as they are, those of a text as its switch says."""
    return words.said(switches) if isinstance(words, Text) else words


def text_switches(texts: Mapping[str, tuple[str, str]]) -> dict[str, Switch]:
    """The switches of a table of texts: by name, the words that are assumed and when they are said."""
    return {PREFIX + name: Switch(words, meaning) for name, (words, meaning) in texts.items()}
