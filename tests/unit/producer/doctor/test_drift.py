"""What is left over is told from what is protected."""

from __future__ import annotations

from producer.diff import Plan
from producer.doctor.drift import judge


def test_what_is_protected_is_not_said_to_go_with_a_prune():
    (_, left), (_, spared) = (
        list(judge(Plan("prod", (), **{part: (("role", "aws/roles/old"),)}))) for part in ("left_over", "spared")
    )
    assert "--prune" in left.remedy
    assert "protected" in spared.reason
    assert "aws/roles/old" in spared.reason
    assert spared.remedy == ""
