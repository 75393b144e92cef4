"""Marks of what was rendered: one file for each kind, all behind `interface.Marks`."""

from consumer.render.marks.comments import Comments
from consumer.render.marks.interface import Marks
from consumer.render.marks.json_key import JsonKey

__all__ = ["Comments", "JsonKey", "Marks"]
