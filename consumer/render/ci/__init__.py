"""Pipeline files of CIs: one file for each, all behind `interface.Pipeline`."""

from consumer.render.ci.github import Github
from consumer.render.ci.gitlab import Gitlab
from consumer.render.ci.interface import LOGINS, Pipeline
from consumer.render.ci.jenkins import Jenkins

PIPELINES: dict[str, Pipeline] = {pipeline.name: pipeline for pipeline in (Github(), Gitlab(), Jenkins())}

__all__ = ["LOGINS", "PIPELINES", "Pipeline"]
