"""The treemap's geometry and the drawings beside numbers."""

import re
from itertools import combinations
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from report.figures import range_bar, sparkline
from report.sections import heat, industry
from report.treemap import squarify

WEIGHTS = st.lists(st.floats(0.01, 1e6), min_size=1, max_size=30).map(
    lambda found: sorted(found, reverse=True)
)


@given(WEIGHTS, st.sampled_from([0.62, 1.0, 2.6]))
def test_treemap_areas_are_the_weights_and_fill_the_map(weights, aspect):
    tiles = squarify(weights, aspect)
    total = sum(weights)
    for weight, tile in zip(weights, tiles, strict=True):
        assert tile.width * tile.height == pytest.approx(weight / total * 1e4, rel=0.02, abs=0.2)
        assert tile.left >= -0.01
        assert tile.top >= -0.01
        assert tile.left + tile.width <= 100.01
        assert tile.top + tile.height <= 100.01
    for one, two in combinations(tiles, 2):
        across = min(one.left + one.width, two.left + two.width) - max(one.left, two.left)
        down = min(one.top + one.height, two.top + two.height) - max(one.top, two.top)
        assert across <= 0.01 or down <= 0.01


def test_treemap_of_equal_weights_is_of_squares():
    tiles = squarify([1.0] * 4, 1.0)
    assert {(tile.width, tile.height) for tile in tiles} == {(50.0, 50.0)}


def test_treemap_refuses_what_has_no_area():
    with pytest.raises(ValueError, match="above zero"):
        squarify([1.0, 0.0], 1.0)


def _path(svg):
    return ElementTree.fromstring(str(svg)).find("path").attrib["d"]


def test_sparkline_keeps_gaps_and_one_value_is_a_dot():
    assert len(re.findall("M", _path(sparkline([1, 2, None, 3, 4], "x")))) == 2
    assert len(re.findall("L", _path(sparkline([1, 2, None, 3, 4], "x")))) == 2
    alone = ElementTree.fromstring(str(sparkline([7], "x")))
    assert alone.find("circle").attrib["cx"] == "48.0"
    assert "L" not in alone.find("path").attrib["d"]
    assert sparkline([None, None], "x") == ""


def test_sparkline_goes_up_when_values_do_and_escapes_its_label():
    svg = sparkline([1, 2], '"><script>')
    first, last = re.findall(r"[\d.]+ ([\d.]+)", _path(svg))
    assert float(last) < float(first)  # SVG counts downwards
    assert "<script" not in svg


@pytest.mark.parametrize(("value", "x"), [(50, 3.0), (150, 93.0), (100, 48.0), (999, 93.0)])
def test_range_bar_places_the_value(value, x):
    drawn = ElementTree.fromstring(str(range_bar(50, 150, value, "range")))
    assert float(drawn.find("circle").attrib["cx"]) == x


@pytest.mark.parametrize("limits", [(None, 5), (5, None), (0, 10), (10, 10), (11, 10)])
def test_range_bar_is_silent_where_the_range_is_unknown(limits):
    assert range_bar(*limits, 7, "range") == ""


def test_heat_steps_are_symmetric():
    moves = [None, 0.0, 0.002, 0.0025, 0.0199, 0.02, -0.002, -0.0025, -0.0199, -0.02]
    shown = [heat(move) for move in moves]
    assert " ".join(shown) == "none z z u1 u2 u3 z d1 d2 d3"


def test_industry_names_are_readable():
    assert industry("COMPUTERS - SOFTWARE") == "Computers - software"
    assert industry("IT CONSULTING") == "IT consulting"
    assert industry("UNCLASSIFIED") == "Industry not given"
