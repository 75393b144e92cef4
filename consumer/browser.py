"""Opening a secret URL in a browser, so that no other user of the machine sees it."""

from __future__ import annotations

import html
import shutil
import tempfile
import time
import webbrowser
from pathlib import Path

READ_WITHIN = 15.0  # seconds, in which a browser that has to start reads its first page

_PAGE = """<!doctype html><meta charset="utf-8"><meta name="referrer" content="no-referrer">
<meta http-equiv="refresh" content="0;url={url}"><title>AWS console</title>
"""


def open_privately(url: str) -> bool:
    """Open a URL; False where there is no browser.

    A browser's command line is there for everybody to read, so it gets the name of a page that leads on to the URL: a
    file that its owner alone can read, and that is gone when the browser has had the time to.
    """
    folder = Path(tempfile.mkdtemp(prefix="vault-aws-kit-"))
    try:
        page = folder / "console.html"
        page.touch(mode=0o600)
        page.write_text(_PAGE.format(url=html.escape(url)), encoding="utf-8")
        opened = webbrowser.open(page.as_uri())
        if opened:
            time.sleep(READ_WITHIN)
        return opened
    finally:
        shutil.rmtree(folder, ignore_errors=True)
