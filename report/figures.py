"""Small drawings beside numbers, as SVG made here: they need no script and print as they are."""

from collections.abc import Sequence
from decimal import Decimal

from markupsafe import Markup

from report.numbers import direction

Number = int | float | Decimal
_WIDTH, _HEIGHT, _MARGIN = 96, 24, 3


def sparkline(values: Sequence[Number | None], label: str) -> Markup:
    """A line over the sessions with its last point marked; gaps stay gaps, one value is a dot."""
    known = [float(value) for value in values if value is not None]
    if not known:
        return Markup("")
    low, high = min(known), max(known)
    step = (_WIDTH - 2 * _MARGIN) / max(len(values) - 1, 1)

    def place(position: int, value: float) -> str:
        x = _MARGIN + position * step if len(values) > 1 else _WIDTH / 2
        span = (value - low) / (high - low) if high > low else 0.5
        return f"{x:.1f} {_HEIGHT - _MARGIN - span * (_HEIGHT - 2 * _MARGIN):.1f}"

    path, pen_down, last = [], False, ""
    for position, value in enumerate(values):
        if value is None:
            pen_down = False
            continue
        last = place(position, float(value))
        path.append(f"{'L' if pen_down else 'M'}{last}")
        pen_down = True
    x, y = last.split()
    return Markup(
        '<svg class="spark {}" viewBox="0 0 {} {}" role="img" aria-label="{}">'
        '<path d="{}"/><circle cx="{}" cy="{}" r="2"/></svg>'
    ).format(direction(known[-1] - known[0]), _WIDTH, _HEIGHT, label, "".join(path), x, y)


def range_bar(low: Number | None, high: Number | None, value: Number | None, label: str) -> Markup:
    """Where `value` stands between `low` and `high`; empty when any is unknown or senseless."""
    if low is None or high is None or value is None or high <= low or low <= 0:
        return Markup("")
    part = min(max((float(value) - float(low)) / (float(high) - float(low)), 0.0), 1.0)
    x = _MARGIN + part * (_WIDTH - 2 * _MARGIN)
    return Markup(
        '<svg class="range" viewBox="0 0 {0} {1}" role="img" aria-label="{2}">'
        '<path d="M{3} {4}H{5}"/><circle cx="{6:.1f}" cy="{4}" r="3.5"/></svg>'
    ).format(_WIDTH, _HEIGHT, label, _MARGIN, _HEIGHT / 2, _WIDTH - _MARGIN, x)
