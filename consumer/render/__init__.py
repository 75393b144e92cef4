"""Modes of rendered Terraform: one file for each, all behind `interface.Mode`."""

from consumer.render.data_source import DataSource
from consumer.render.env import Env
from consumer.render.ephemeral import Ephemeral
from consumer.render.hcp import Hcp
from consumer.render.interface import Block, Mode, Snippet
from consumer.render.process import Process

MODES: dict[str, Mode] = {mode.name: mode for mode in (Ephemeral(), DataSource(), Process(), Env(), Hcp())}

__all__ = ["MODES", "Block", "Mode", "Snippet"]
