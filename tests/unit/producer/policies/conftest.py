"""A folder of templates that a test writes."""

from __future__ import annotations

import pytest


@pytest.fixture
def write(tmp_path):
    """Writes a policy template into a user's folder, and gives that folder as `folders`."""

    def written(source, name="mine"):
        folder = tmp_path / "policies"
        folder.mkdir(exist_ok=True)
        (folder / f"{name}.json.j2").write_text(source)
        return [tmp_path]

    return written
