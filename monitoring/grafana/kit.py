"""What every panel and every board has in common: data source, layout, thresholds, links.

A counter of StatsD appears with its first event, so `rate` and `increase` never see that one.
`rise` counts it; averages are taken over all that the exporter has seen.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

from grafana_foundation_sdk.builders import (
    bargauge,
    common,
    dashboard,
    prometheus,
    stat,
    statushistory,
    table,
    timeseries,
)
from grafana_foundation_sdk.cog.builder import Builder
from grafana_foundation_sdk.models import common as shapes
from grafana_foundation_sdk.models import dashboard as model
from grafana_foundation_sdk.models import prometheus as queries

DATASOURCE_UID = "investiq-prometheus"  # as provisioned
SOURCE = model.DataSourceRef(type_val="prometheus", uid="${datasource}")
FRESHNESS, DAGS, DAG = "investiq-freshness", "investiq-dags", "investiq-dag"
WAREHOUSE, INGESTION, AIRFLOW = "investiq-warehouse", "investiq-ingestion", "investiq-airflow"
TO_DAG = f"/d/{DAG}?var-dag_id=${{__data.fields.DAG}}&${{__url_time_range}}"

GREEN, YELLOW, ORANGE, RED, BLUE = "green", "yellow", "orange", "red", "blue"
NOT_YET = "nothing has been sent yet"
NONE = "none since the exporter started"  # of what comes only when something goes wrong
Steps = Sequence[tuple[float, str]]  # from this value on, this colour
Values = Mapping[int, tuple[str, str]]  # this value is that word in that colour
Panels = Sequence[Builder[model.Panel]]
PLAIN: Steps = ()
NEVER: Steps = ((1, RED),)
RUN: Values = {0: ("well", GREEN), 1: ("failed", RED)}

_P = TypeVar("_P", stat.Panel, timeseries.Panel, table.Panel, statushistory.Panel, bargauge.Panel)


@dataclass(frozen=True, slots=True)
class Query:
    """An expression, and what its series are called: `{{label}}` is the value of a label."""

    expr: str
    legend: str


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a table: an expression that gives one value per row."""

    title: str
    expr: str
    unit: str
    steps: Steps = PLAIN
    values: Values | None = None


@dataclass(frozen=True, slots=True)
class Text:
    """What is said with a panel: its title, what it shows, what it says without data; what next.

    Attributes:
        board: uid and title of the board that tells more.
    """

    title: str
    description: str
    empty: str = NOT_YET
    board: tuple[str, str] | None = None


@dataclass(frozen=True, slots=True)
class Row:
    """Panels under one heading; their widths fill lines of 24."""

    title: str
    panels: Panels


def rise(counter: str, by: str, window: str) -> str:
    """What a counter gained in a window, its first appearance included."""
    return f"sum by ({by}) (({counter} - {counter} offset {window} >= 0) or {counter})"


def mean(timer: str, by: str, which: str = "") -> str:
    """Mean of a timer over all that the exporter has seen."""
    return f"sum by ({by}) ({timer}_sum{which}) / sum by ({by}) ({timer}_count{which})"


def most(timer: str, by: str, which: str = "") -> str:
    """The duration that 95 of 100 stay below, of all that the exporter has seen."""
    return f"histogram_quantile(0.95, sum by ({by}, le) ({timer}_bucket{which}))"


def number(
    text: Text,
    query: Query,
    unit: str,
    *,
    steps: Steps = PLAIN,
    values: Values | None = None,
    width: int = 4,
    height: int = 4,
) -> stat.Panel:
    """One value, or a few side by side, coloured by thresholds."""
    last = common.ReduceDataOptions().calcs(["lastNotNull"])
    panel = stat.Panel().reduce_options(last).color_mode(shapes.BigValueColorMode.BACKGROUND)
    panel = panel.graph_mode(shapes.BigValueGraphMode.NONE).with_target(_target(query, 0, "now"))
    return _dressed(panel, text, unit, steps, width, height, values)


def lines(
    text: Text,
    asked: Sequence[Query],
    unit: str,
    *,
    steps: Steps = PLAIN,
    stacked: bool = False,
    bars: bool = False,
    width: int = 12,
    height: int = 8,
) -> timeseries.Panel:
    """Series over time; thresholds are dashed lines."""
    legend = common.VizLegendOptions().display_mode(shapes.LegendDisplayMode.TABLE)
    legend = legend.placement(shapes.LegendPlacement.RIGHT).show_legend(True)
    tooltip = common.VizTooltipOptions().mode(shapes.TooltipDisplayMode.MULTI)
    panel = timeseries.Panel().legend(legend.calcs(["lastNotNull", "max"])).min(0)
    panel = panel.tooltip(tooltip.sort(shapes.SortOrder.DESCENDING)).line_width(1)
    panel = panel.fill_opacity(60 if bars else 10).show_points(shapes.VisibilityMode.NEVER)
    if bars:
        panel = panel.draw_style(shapes.GraphDrawStyle.BARS)
    if stacked:
        panel = panel.stacking(common.StackingConfig().mode(shapes.StackingMode.NORMAL).group("A"))
    if steps:
        style = common.GraphThresholdsStyleConfig().mode(shapes.GraphThresholdsStyleMode.DASHED)
        panel = panel.thresholds_style(style)
    for place, query in enumerate(asked):
        panel = panel.with_target(_target(query, place, "over time"))
    return _dressed(panel, text, unit, steps, width, height)


def ranking(
    text: Text, query: Query, unit: str, *, steps: Steps = PLAIN, width: int = 12, height: int = 8
) -> bargauge.Panel:
    """Bars, one per series, as they are now."""
    last = common.ReduceDataOptions().calcs(["lastNotNull"])
    panel = bargauge.Panel().orientation(shapes.VizOrientation.HORIZONTAL).reduce_options(last)
    panel = panel.display_mode(shapes.BarGaugeDisplayMode.BASIC).min(0)
    panel = panel.with_target(_target(query, 0, "now"))
    return _dressed(panel, text, unit, steps, width, height)


def history(
    text: Text,
    query: Query,
    unit: str,
    step: str,
    *,
    steps: Steps = PLAIN,
    values: Values | None = None,
    width: int = 24,
    height: int = 8,
) -> statushistory.Panel:
    """A row per series, a field per step of time, coloured by thresholds or by value."""
    panel = statushistory.Panel().interval(step).show_value(shapes.VisibilityMode.AUTO)
    panel = panel.row_height(0.9).col_width(0.9).fill_opacity(80)
    panel = panel.legend(common.VizLegendOptions().show_legend(False))
    panel = panel.with_target(_target(query, 0, "over time"))
    return _dressed(panel, text, unit, steps, width, height, values)


def grid(
    text: Text,
    keys: Mapping[str, str],
    columns: Sequence[Column],
    *,
    link: str = "",
    width: int = 24,
    height: int = 9,
) -> table.Panel:
    """A table: a row per combination of labels (`keys`: label → heading), as it is now."""
    panel = table.Panel().filterable(True)
    values = [f"Value #{_letter(n)}" for n in range(len(columns))] if columns[1:] else ["Value"]
    for place, column in enumerate(columns):
        panel = panel.with_target(_target(Query(column.expr, column.title), place, "table"))
    names = {**keys, **{v: c.title for v, c in zip(values, columns, strict=True)}}
    panel = panel.with_transformation(model.DataTransformerConfig(id_val="merge", options={}))
    order = {"Time": 0, **{name: n for n, name in enumerate(names, start=1)}}
    organized = {"excludeByName": {"Time": True}, "indexByName": order, "renameByName": names}
    panel = panel.with_transformation(
        model.DataTransformerConfig(id_val="organize", options=organized)
    )
    for column in columns:
        panel = panel.override_by_name(column.title, _column(column))
    if link:
        first = next(iter(keys.values()))
        shown = [{"title": "Tasks of this DAG", "url": link}]
        panel = panel.override_by_name(first, [model.DynamicConfigValue("links", shown)])
    return _dressed(panel, text, "short", PLAIN, width, height)


def board(
    uid: str,
    title: str,
    description: str,
    rows: Sequence[Row],
    *,
    refresh: str = "1m",
    since: str = "now-2d",
    variables: Sequence[Builder[model.VariableModel]] = (),
) -> model.Dashboard:
    """A dashboard: rows from top to bottom, links to the others, alerts as annotations."""
    built = dashboard.Dashboard(title).uid(uid).description(description).tags(["investiq"])
    built = built.refresh(refresh).time(since, "now").timezone("Asia/Kolkata").readonly()
    built = built.tooltip(model.DashboardCursorSync.CROSSHAIR).version(1)
    chosen = model.VariableOption(text="Prometheus", value=DATASOURCE_UID, selected=True)
    source = dashboard.DatasourceVariable("datasource").label("Data source").type("prometheus")
    built = built.with_variable(source.current(chosen))
    for variable in variables:
        built = built.with_variable(variable)
    others = dashboard.DashboardLink("Dashboards").type(model.DashboardLinkType.DASHBOARDS)
    built = built.link(others.tags(["investiq"]).keep_time(True).icon("external link"))
    alerts = dashboard.AnnotationQuery().name("Alerts").datasource(SOURCE).enable(True)
    fires = 'ALERTS{alertstate="firing",severity=~"critical|warning"}'
    built = built.annotation(alerts.icon_color(RED).expr(fires))
    ids = iter(range(1, 1000))
    for row in rows:
        built = built.with_row(dashboard.Row(row.title).id(next(ids)))
        for panel in row.panels:
            panel.id(next(ids))  # type: ignore[attr-defined]  # every panel has one
            built = built.with_panel(panel)
    return built.build()


def _dressed(
    panel: _P,
    text: Text,
    unit: str,
    steps: Steps,
    width: int,
    height: int,
    values: Values | None = None,
) -> _P:
    panel = panel.title(text.title).description(text.description).no_value(text.empty)
    panel = panel.unit(unit).datasource(SOURCE).span(width).height(height)
    if text.board:
        uid, title = text.board
        link = dashboard.DashboardLink(title).type(model.DashboardLinkType.LINK)
        panel = panel.links([link.url(f"/d/{uid}").keep_time(True)])
    base = BLUE if not steps else GREEN
    scale = [model.Threshold(None, base), *(model.Threshold(at, hue) for at, hue in steps)]
    panel = panel.thresholds(
        dashboard.ThresholdsConfig().mode(model.ThresholdsMode.ABSOLUTE).steps(scale)
    )
    if not isinstance(panel, timeseries.Panel):
        hue = dashboard.FieldColor().mode(model.FieldColorModeId.THRESHOLDS)
        panel = panel.color_scheme(hue)
    return panel.mappings([_mapping(values)]) if values else panel


def _target(query: Query, place: int, when: str) -> prometheus.Dataquery:
    asked = prometheus.Dataquery().expr(query.expr).legend_format(query.legend)
    asked = asked.ref_id(_letter(place)).datasource(SOURCE)
    if when == "table":
        asked = asked.format(queries.PromQueryFormat.TABLE)
    return asked.range() if when == "over time" else asked.instant()


def _column(column: Column) -> list[model.DynamicConfigValue]:
    said = [model.DynamicConfigValue("unit", column.unit)]
    if column.steps or column.values:
        said.append(model.DynamicConfigValue("custom.cellOptions", {"type": "color-background"}))
    if column.steps:
        scale: list[dict[str, object]] = [{"color": GREEN, "value": None}]
        scale += [{"color": hue, "value": at} for at, hue in column.steps]
        said.append(model.DynamicConfigValue("thresholds", {"mode": "absolute", "steps": scale}))
    if column.values:
        said.append(model.DynamicConfigValue("mappings", [_mapping(column.values)]))
    return said


def _mapping(values: Values) -> model.ValueMap:
    return model.ValueMap(
        {
            str(value): model.ValueMappingResult(text=word, color=hue, index=place)
            for place, (value, (word, hue)) in enumerate(values.items())
        }
    )


def _letter(place: int) -> str:
    return chr(ord("A") + place)
