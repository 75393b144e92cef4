"""Modes of rendered Terraform: one file for each, all behind `interface.Mode`."""

from consumer.render.data_source import DataSource
from consumer.render.ephemeral import Ephemeral
from consumer.render.interface import Block, Mode

MODES: dict[str, Mode] = {mode.name: mode for mode in (Ephemeral(), DataSource())}

__all__ = ["MODES", "Block", "Mode"]
