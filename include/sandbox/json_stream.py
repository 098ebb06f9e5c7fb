"""Reads a large JSON document piece by piece, so that a state of a million members needs no memory of its size.

The state documents of the control API are objects and arrays around long arrays of records. `JsonStream` walks the
outer levels one step at a time and decodes only the records as a whole.
"""

import codecs
import json
from collections.abc import Iterator
from typing import Any, BinaryIO

CHUNK_BYTES = 1 << 20
SPACE = " \t\r\n"
ENDS = frozenset({*SPACE, ",", ":", "]", "}"})


class JsonStream:
    """A cursor over a JSON document.

    Args:
        file: the document, UTF-8.
    """

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._decoder = json.JSONDecoder()
        self._utf8 = codecs.getincrementaldecoder("utf-8")()
        self._text = ""
        self._at = 0
        self._read = 0
        self._ended = False

    def members(self) -> Iterator[str]:
        """The keys of the object that comes next; its value must be consumed before the next key is asked for.

        Raises:
            ValueError: no object, or not JSON.
        """
        self._expect("{")
        if self._peek() == "}":
            self._at += 1
            return
        while True:
            key = self.value()
            self._expect(":")
            yield str(key)
            if self._expect(",}") == "}":
                return

    def items(self) -> Iterator[None]:
        """One step per item of the array that comes next; each item must be consumed before the next step.

        Raises:
            ValueError: no array, or not JSON.
        """
        self._expect("[")
        if self._peek() == "]":
            self._at += 1
            return
        while True:
            yield None
            if self._expect(",]") == "]":
                return

    def values(self) -> Iterator[Any]:
        """The items of the array that comes next, decoded.

        Raises:
            ValueError: no array, or not JSON.
        """
        for _ in self.items():
            yield self.value()

    def value(self) -> Any:
        """The value that comes next, decoded as a whole.

        Raises:
            ValueError: not JSON.
        """
        self._peek()
        while True:
            try:
                value, end = self._decoder.raw_decode(self._text, self._at)
            except json.JSONDecodeError as error:
                if not self._fill():
                    raise self._wrong(error.msg) from error
                continue
            # A number that reaches the end of the buffer, or nearly so ("12."), may go on in the next chunk.
            if self._text[end : end + 1] in ENDS or not self._fill():
                self._at = end
                return value

    def end(self) -> None:
        """Makes sure that nothing follows.

        Raises:
            ValueError: something does.
        """
        if self._peek(at_end=True):
            raise self._wrong("text after the end of the document")

    def _expect(self, characters: str) -> str:
        found = self._peek()
        if found not in characters:
            raise self._wrong(f"expected one of {characters}, found {found}")
        self._at += 1
        return found

    def _peek(self, *, at_end: bool = False) -> str:
        while True:
            while self._at < len(self._text):
                character = self._text[self._at]
                if character not in SPACE:
                    return character
                self._at += 1
            if not self._fill():
                if at_end:
                    return ""
                raise self._wrong("the document ends too early")

    def _fill(self) -> bool:
        if self._ended:
            return False
        chunk = self._file.read(CHUNK_BYTES)
        self._ended = not chunk
        self._read += self._at
        self._text = self._text[self._at :] + self._utf8.decode(chunk, final=self._ended)
        self._at = 0
        return not self._ended

    def _wrong(self, what: str) -> ValueError:
        return ValueError(f"not the JSON of a state: {what} (character {self._read + self._at})")
