"""Shapes of rendered Terraform: one file for each, all behind `interface.Shape`."""

from consumer.render.shapes.hcl import Hcl
from consumer.render.shapes.interface import Shape
from consumer.render.shapes.json_syntax import JsonSyntax
from consumer.render.shapes.split import Split
from consumer.render.shapes.terragrunt import Terragrunt

SHAPES: dict[str, Shape] = {"hcl": Hcl(), "json": JsonSyntax(), "split": Split(), "terragrunt": Terragrunt()}

__all__ = ["SHAPES", "Shape"]
