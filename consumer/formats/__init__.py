"""Shapes in which credentials are printed: one file for each, all behind `interface.Format`."""

from consumer.formats.cmd import Cmd
from consumer.formats.credential_process import CredentialProcess
from consumer.formats.dotenv import Dotenv
from consumer.formats.env import Env
from consumer.formats.fish import Fish
from consumer.formats.github_actions import GitHubActions
from consumer.formats.interface import Format
from consumer.formats.json_text import Json
from consumer.formats.powershell import PowerShell
from consumer.formats.shared_credentials import SharedCredentials

FORMATS: dict[str, Format] = {
    shape.name: shape
    for shape in (
        Env(),
        Fish(),
        PowerShell(),
        Cmd(),
        Dotenv(),
        Json(),
        CredentialProcess(),
        SharedCredentials(),
        GitHubActions(),
    )
}
