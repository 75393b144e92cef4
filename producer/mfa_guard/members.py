"""Who is under a guard: putting users into its group, taking them out, and who has a device to come out with."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from collections.abc import Set as AbstractSet
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Literal

from producer.iam_account import IamAccount
from producer.iam_users import NamePattern
from producer.mfa_guard.apply import told
from vault_aws_kit import IAM_PATH
from vault_aws_kit.errors import IamUserUnknown

WORKERS = 4  # users that are asked for at a time: IAM slows down whoever asks for more


@dataclass(frozen=True)
class Member:
    """An IAM user. `devices` are the serial numbers or ARNs of the MFA devices that it has enabled."""

    user: str
    guarded: bool
    devices: tuple[str, ...] = ()


@dataclass(frozen=True)
class Done:
    """What became of each user that was named."""

    changed: list[str] = field(default_factory=list)
    already: list[str] = field(default_factory=list)


def add(iam: IamAccount, group: str, users: Sequence[str], members: Iterable[str]) -> Done:
    """Put users into a group. None is, unless all of them exist: raises IamUserUnknown, PlanStale, AwsRefused."""
    return _move("AddUserToGroup", iam, group, users, already=_inside(users, members))


def remove(iam: IamAccount, group: str, users: Sequence[str], members: Iterable[str]) -> Done:
    """Take users out of a group. None is, unless all of them exist: raises IamUserUnknown, PlanStale, AwsRefused."""
    return _move("RemoveUserFromGroup", iam, group, users, already=set(users) - _inside(users, members))


def _inside(users: Sequence[str], members: Iterable[str]) -> set[str]:
    """Those of the named users who are members: AWS tells no two names apart by their case."""
    lowered = {member.lower() for member in members}
    return {user for user in users if user.lower() in lowered}


def must_exist(iam: IamAccount, users: Sequence[str]) -> None:
    """Raises IamUserUnknown, which names all that aren't there."""
    missing = [user for user in users if not iam.exists(user)]
    if missing:
        raise _unknown(iam, missing)


def arn_of(iam: IamAccount, user: str) -> str:
    """A user's ARN, which has its path. Raises IamUserUnknown."""
    found = iam.find_user(user)
    if found is None:
        raise _unknown(iam, [user])
    return iam.arn_of(found)


def everybody(iam: IamAccount, guarded: Iterable[str]) -> list[Member]:
    """All users of people: those that Vault's engines make, and its root users, never have a device."""
    inside = set(guarded)
    with iam.asked("iam:ListUsers") as client:
        pages = client.get_paginator("list_users").paginate(PaginationConfig={"PageSize": 1000})
        names = sorted(
            user["UserName"]
            for page in pages
            for user in page["Users"]
            if user["UserName"] in inside or not _of_vault(user["UserName"], user["Path"])
        )
    return with_devices(iam, names, inside)


def with_devices(iam: IamAccount, users: Sequence[str], guarded: Iterable[str]) -> list[Member]:
    """These users, with the devices that each has."""
    inside = set(guarded)
    with ThreadPoolExecutor(WORKERS) as pool:
        found = list(pool.map(iam.mfa_devices, users))
    return [Member(user, user in inside, has) for user, has in zip(users, found, strict=True)]


def _unknown(iam: IamAccount, users: Sequence[str]) -> IamUserUnknown:
    return IamUserUnknown(
        f"Account {iam.account} has no IAM user {', '.join(map(repr, users))}; nothing was changed.",
        hint="A guard is for IAM users: roles and users of IAM Identity Center have MFA where they sign in.",
    )


def _of_vault(name: str, path: str) -> bool:
    return path == IAM_PATH or NamePattern().matches(name)


def _move(
    action: Literal["AddUserToGroup", "RemoveUserFromGroup"],
    iam: IamAccount,
    group: str,
    users: Sequence[str],
    already: AbstractSet[str],
) -> Done:
    must_exist(iam, users)
    done = Done(already=[user for user in users if user in already])
    for user in users:
        if user in already:
            continue
        with told(action, f"{user} in {group}"), iam.asked(f"iam:{action}") as client:
            if action == "AddUserToGroup":
                client.add_user_to_group(GroupName=group, UserName=user)
            else:
                client.remove_user_from_group(GroupName=group, UserName=user)
        done.changed.append(user)
    return done
