"""What the stack expects to go wrong."""

from __future__ import annotations


class StackError(Exception):
    """Something that the user of the stack can do something about: the message says what."""


class CommandFailed(StackError):
    """A program that the stack needs ended with an error."""
