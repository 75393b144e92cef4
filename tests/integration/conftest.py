"""What the tests of several packages need of the real server."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from vault_aws_kit.settings import VaultSettings
from vault_aws_kit.vault import Vault


@pytest.fixture
def admin(stack) -> Iterator[Vault]:
    """The kit's own connection, as the server's root."""
    with Vault(VaultSettings(address=stack.vault_addr), stack.vault_token) as connection:
        yield connection
