"""The spec: the YAML file that the platform team keeps in git."""

from producer.spec.load import load_spec
from producer.spec.model import Engine, Lease, Login, Role, Root, Spec, Team

__all__ = ["Engine", "Lease", "Login", "Role", "Root", "Spec", "Team", "load_spec"]
