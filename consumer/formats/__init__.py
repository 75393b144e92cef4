"""Shapes in which credentials are printed: one file for each, all behind `interface.Format`."""

from consumer.formats.credential_process import CredentialProcess
from consumer.formats.env import Env
from consumer.formats.interface import Format
from consumer.formats.json_text import Json

FORMATS: dict[str, Format] = {shape.name: shape for shape in (Env(), Json(), CredentialProcess())}
