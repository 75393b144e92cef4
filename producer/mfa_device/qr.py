"""A seed as a QR code that a person scans: on the terminal's other screen, which is gone when the person is done."""

from __future__ import annotations

import sys
from contextlib import suppress

_OTHER_SCREEN, _BACK = "\x1b[?1049h\x1b[H", "\x1b[H\x1b[J\x1b[?1049l"


def show(uri: str, user: str) -> None:
    """Show it until Enter or Ctrl-C is pressed. Nothing of it stays in what can be scrolled back to."""
    import segno

    code = segno.make(uri, error="l", micro=False)
    sys.stderr.write(_OTHER_SCREEN)
    try:
        with suppress(KeyboardInterrupt):  # that ends the looking, and nothing else: the device is enabled already
            code.terminal(out=sys.stderr, compact=True)
            sys.stderr.write(f"\nThe MFA device of {user}. Whoever scans it has the device. Press Enter when done. ")
            sys.stderr.flush()
            sys.stdin.readline()
    finally:
        sys.stderr.write(_BACK)
        sys.stderr.flush()
