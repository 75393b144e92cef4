"""From a live AWS secrets engine to a spec: `read` asks Vault, `write` is pure."""

from producer.adopt.read import LiveEngine, LiveLogin, read_engines, read_logins
from producer.adopt.write import Adopted, write_spec

__all__ = ["Adopted", "LiveEngine", "LiveLogin", "read_engines", "read_logins", "write_spec"]
