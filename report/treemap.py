"""A squarified treemap: tiles whose areas are shares of a whole, as near to squares as they go.

Source: Bruls, Huizing, van Wijk, "Squarified Treemaps" (2000).
"""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Tile:
    """A rectangle in percent of the whole map: left, top, width, height."""

    left: float
    top: float
    width: float
    height: float


def squarify(weights: Sequence[float], aspect: float) -> list[Tile]:
    """One tile per weight, in the order given, on a map that is `aspect` times wider than high.

    Weights are above zero and sorted from large to small; areas are proportional to them.
    """
    if any(weight <= 0 for weight in weights):
        raise ValueError("Treemap weights must be above zero; leave the others out of the map.")
    total = sum(weights)
    areas = [weight / total * aspect for weight in weights]
    tiles: list[Tile] = []
    left, top, width, height = 0.0, 0.0, aspect, 1.0
    start = 0
    while start < len(areas):
        side = min(width, height)
        end = start + 1
        while end < len(areas) and _worst(areas[start : end + 1], side) <= _worst(
            areas[start:end], side
        ):
            end += 1
        row = areas[start:end]
        depth = sum(row) / side
        offset = 0.0
        for area in row:
            length = area / depth
            if width >= height:  # the row stands as a column at the left
                tiles.append(_percent(left, top + offset, depth, length, aspect))
            else:
                tiles.append(_percent(left + offset, top, length, depth, aspect))
            offset += length
        if width >= height:
            left, width = left + depth, width - depth
        else:
            top, height = top + depth, height - depth
        start = end
    return tiles


def _worst(row: Sequence[float], side: float) -> float:
    """The worst ratio of sides in a row of areas laid along `side`; 1 is a square."""
    total = sum(row)
    return max(side**2 * max(row) / total**2, total**2 / (side**2 * min(row)))


def _percent(left: float, top: float, width: float, height: float, aspect: float) -> Tile:
    return Tile(
        round(left / aspect * 100, 3),
        round(top * 100, 3),
        round(width / aspect * 100, 3),
        round(height * 100, 3),
    )
