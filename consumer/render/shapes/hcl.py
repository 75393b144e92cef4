"""One file of HCL, as it was rendered."""

from __future__ import annotations

from collections.abc import Mapping

from consumer.render.shapes.interface import Shape


class Hcl(Shape):
    def shaped(self, text: str) -> Mapping[str, str]:
        return {self.file: text}
