"""What the press of the simulated market writes: stories that know the shares they are about."""

from sandbox.news.stories import stories
from sandbox.news.story import Story

__all__ = ["Story", "stories"]
