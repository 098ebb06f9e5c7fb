"""Which validation rule of the org refused a row (R17): Salesforce's answer has the rule's message, not its name."""

from __future__ import annotations

import logging
from collections import defaultdict
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from include.errors import FatalError, PermanentError
from include.salesforce.refusals import without_values

if TYPE_CHECKING:
    from include.salesforce.client import SalesforceClient
    from include.salesforce.results import WriteResult

log = logging.getLogger(__name__)
VALIDATION_RULE = "FIELD_CUSTOM_VALIDATION_EXCEPTION"


@dataclass
class RuleNames:
    """Names of validation rules by their message, read once per object, when the first row is refused by one."""

    client: SalesforceClient
    _known: dict[str, dict[str, list[str]]] = field(default_factory=dict)

    def named(self, object_name: str, answer: WriteResult) -> WriteResult:
        """The answer, its message with the name of the rule before it, where one is known by that message."""
        if answer.code != VALIDATION_RULE:
            return answer
        if object_name not in self._known:
            self._known[object_name] = self._read(object_name)
        names = self._known[object_name].get(answer.message)
        return replace(answer, message=f"{' or '.join(names)}: {answer.message}") if names else answer

    def _read(self, object_name: str) -> dict[str, list[str]]:
        """None where the user may not see the org's setup: the message alone has to do then."""
        found: dict[str, list[str]] = defaultdict(list)
        try:
            for rule in self.client.validation_rules(object_name):
                message = without_values(VALIDATION_RULE, str(rule["ErrorMessage"]))
                found[message].append(str(rule["ValidationName"]))
        except (PermanentError, FatalError) as error:
            log.warning("the names of the validation rules of %s can't be read: %s", object_name, error)
        return found
