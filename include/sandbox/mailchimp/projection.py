"""`fields` and `exclude_fields`: which parts of an answer are wanted, in dotted names from the body's root.

A name addresses the same key in every item of an array (`members.email_address`). Naming an object or array wants (or
leaves out) all of it. Source: https://mailchimp.com/developer/marketing/docs/methods-parameters/.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Projection:
    """A tree of names. `including`: only the named parts are wanted; otherwise everything but them."""

    including: bool = False
    names: Mapping[str, Projection] = field(default_factory=dict)
    whole: bool = False

    @classmethod
    def of(cls, wanted: Sequence[str], unwanted: Sequence[str]) -> Projection:
        """The projection of the two parameters, of which at most one is given."""
        tree: dict[str, Any] = {}
        for name in wanted or unwanted:
            branch = tree
            for part in name.split(".")[:-1]:
                branch = branch.setdefault(part, {})
            branch.setdefault(name.rpartition(".")[2], {})[""] = {}
        return cls._built(tree, including=bool(wanted))

    @classmethod
    def _built(cls, tree: Mapping[str, Any], *, including: bool) -> Projection:
        names = {name: cls._built(branch, including=including) for name, branch in tree.items() if name}
        return cls(including, {} if "" in tree else names, "" in tree)

    @property
    def everything(self) -> bool:
        """Whether nothing is left out."""
        return self.whole if self.including else not self.whole and not self.names

    def wants(self, name: str) -> bool:
        """Whether at least a part of this key is wanted."""
        if self.everything:
            return True
        branch = self.names.get(name)
        return branch is not None if self.including else branch is None or not branch.whole

    def inside(self, name: str) -> Projection:
        """What is wanted inside a key that is wanted."""
        if self.everything:
            return EVERYTHING
        return self.names.get(name, EVERYTHING)

    def apply(self, value: Any) -> Any:
        """The wanted parts of a decoded JSON value; the value itself is left alone."""
        if self.everything:
            return value
        if isinstance(value, list):
            return [self.apply(item) for item in value]
        if not isinstance(value, dict):
            return value
        return {name: self.inside(name).apply(part) for name, part in value.items() if self.wants(name)}


EVERYTHING = Projection()
