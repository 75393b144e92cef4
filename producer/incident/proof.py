"""Whether IAM users are gone, asked of AWS: a lease that Vault calls revoked is no proof."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from producer.iam_account import IamAccount
from producer.iam_users import IamUser
from producer.incident.estate import LiveEngine, LiveRole
from vault_aws_kit.errors import AwsError
from vault_aws_kit.vault import PARALLEL

PATIENCE, PAUSE = 20.0, 0.5  # seconds: IAM needs some until every part of it knows

Suspects = Mapping[str, frozenset[str]]
"""IAM users' names, and the paths of the roles that each can be of."""


@dataclass(frozen=True)
class Witness:
    """The AWS account that is asked, None where there is none. `lists`: it may be asked for users, else `why` not."""

    account: IamAccount | None
    why: str = ""
    lists: bool = True

    @classmethod
    def called(cls, open_account: Callable[[], IamAccount]) -> Witness:
        try:
            return cls(open_account())
        except AwsError as error:
            return cls(None, error.message)


def engine_users(account: IamAccount, engine: LiveEngine, roles: Sequence[LiveRole]) -> dict[IamUser, frozenset[str]]:
    """The users that an engine can have made, with the names of those of its roles that each can be of."""
    own = [role for role in roles if role.engine == engine and role.type in ("iam_user", "")]
    paths = sorted({role.user_path for role in own})
    names = [role.name for role in own]
    users = [user for path in paths for user in account.users(path) if engine.pattern.matches(user.name)]
    return {user: engine.pattern.roles(user.name, names) for user in users}


def suspects(account: IamAccount, targets: Sequence[LiveRole], all_roles: Sequence[LiveRole]) -> Suspects:
    """The users that can be of one of the targets, as AWS has them now."""
    wanted = {role.path for role in targets}
    found: dict[str, frozenset[str]] = {}
    for engine in {role.engine for role in targets if not role.sts and role.type != "static"}:
        for user, names in engine_users(account, engine, all_roles).items():
            paths = frozenset(f"{engine.mount}/roles/{name}" for name in names)
            if paths & wanted:
                found[user.name] = paths
    return found


def gone(account: IamAccount, users: Collection[str], at_least: int) -> frozenset[str]:
    """Those of some users that AWS doesn't know any more. Waits for `at_least` of them, as long as patience lasts."""
    deadline = time.monotonic() + PATIENCE
    found: set[str] = set()
    while True:
        rest = sorted(set(users) - found)
        with ThreadPoolExecutor(PARALLEL) as pool:
            exists = list(pool.map(account.exists, rest))
        found |= {user for user, there in zip(rest, exists, strict=True) if not there}
        if len(found) >= at_least or time.monotonic() > deadline:
            return frozenset(found)
        time.sleep(PAUSE)
