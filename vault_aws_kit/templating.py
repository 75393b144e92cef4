"""Finding and rendering the kit's Jinja templates: a user's folder first, then the kit's own.

Three environments, one for each target, because each target has escaping rules of its own: `policies`
(JSON; see producer.policies), `hcl` (Vault policies, Terraform) and `strings` (one value of a spec).
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from jinja2 import FileSystemLoader, StrictUndefined
from jinja2.sandbox import ImmutableSandboxedEnvironment


def own_templates() -> Path:
    """The templates that come with the kit: inside the package once installed, beside it in a checkout."""
    installed = Path(__file__).parent / "templates"
    return installed if installed.is_dir() else Path(__file__).parent.parent / "templates"


def environment(folders: Sequence[Path] = ()) -> ImmutableSandboxedEnvironment:
    """A sandboxed environment in which an undefined variable is an error. `folders` are searched first."""
    found = ImmutableSandboxedEnvironment(
        loader=FileSystemLoader([*folders, own_templates()]),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        autoescape=False,
    )
    found.filters["hcl"] = hcl_string
    found.filters["hcl_heredoc"] = hcl_heredoc
    found.filters["one_line"] = one_line
    return found


def hcl_string(text: str) -> str:
    """A quoted HCL string that means exactly `text`: quotes, control characters and ${ %{ can't get out of it.

    Source: https://github.com/hashicorp/hcl/blob/main/hclsyntax/spec.md (Template Expressions). Vault's policies
    are HCL 1, which knows the same escapes and where "${" has no meaning that "$${" would break in a path.
    """
    escapes = {"\\": "\\\\", '"': '\\"', "\n": "\\n", "\r": "\\r", "\t": "\\t"}
    quoted = "".join(escapes.get(c) or (c if c.isprintable() else _unicode_escape(c)) for c in text)
    return '"' + quoted.replace("${", "$${").replace("%{", "%%{") + '"'


def hcl_heredoc(text: str) -> str:
    """Text for between <<EOT and EOT: there only ${ and %{ mean something, and a line that is the end marker.

    Raises ValueError for such a line.
    """
    if any(line.strip() == "EOT" for line in text.splitlines()):
        raise ValueError("a line of the text would end the heredoc")
    return text.replace("${", "$${").replace("%{", "%%{")


def one_line(text: str) -> str:
    """Text for a comment: whatever could end the line is shown as its escape."""
    return "".join(c if c.isprintable() else _unicode_escape(c) for c in text)


def _unicode_escape(character: str) -> str:
    code = ord(character)
    return f"\\u{code:04x}" if code <= 0xFFFF else f"\\U{code:08x}"  # noqa: PLR2004
