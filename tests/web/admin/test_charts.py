"""Lines over months: percent positions, mirrored, broken where nothing honest can be said."""

from datetime import date

from connector.rooms.insight import Month, Share
from connector.web.admin.charts import END, START, lines


def month(number: int, share: int | None, earlier: int | None = None, *, done=True) -> Month:
    def of(value: int | None) -> Share:
        return Share(0, 0, 3) if value is None else Share(value, 100, 50)

    return Month(date(2026, number, 1), of(share), of(earlier), done)


def test_fewer_than_two_figures_are_no_line():
    assert lines([month(1, None), month(2, 40)], is_mirrored=False) is None


def test_a_line_runs_from_the_start_edge_and_mirrors():
    chart = lines([month(1, 36), month(2, 41)], is_mirrored=False)
    assert chart is not None
    assert chart.now.startswith(f"M{START} ")
    assert chart.last is not None
    assert chart.last[0] == END
    mirrored = lines([month(1, 36), month(2, 41)], is_mirrored=True)
    assert mirrored is not None
    assert mirrored.last is not None
    assert mirrored.now.startswith(f"M{100 - START} ")
    assert mirrored.label_x < mirrored.last[0]


def test_a_month_without_a_figure_breaks_the_line():
    chart = lines([month(1, 36), month(2, None), month(3, 40), month(4, 41)], is_mirrored=False)
    assert chart is not None
    assert chart.now.count("M") == 2
    assert "h0" in chart.now  # a lone month is a dot


def test_an_open_month_is_drawn_apart():
    chart = lines([month(1, 36), month(2, 38), month(3, 41, done=False)], is_mirrored=False)
    assert chart is not None
    assert chart.now.count("L") == 1
    assert chart.open.count("L") == 1


def test_the_scale_is_in_whole_steps_and_says_where_it_starts():
    chart = lines([month(1, 36, 33), month(2, 41, 39)], is_mirrored=False)
    assert chart is not None
    assert chart.floor == 0.3
    assert [round(rule.value, 2) for rule in chart.rules] == [0.35, 0.4, 0.45]
    full = lines([month(1, 100, 0), month(2, 100, 0)], is_mirrored=False)
    assert full is not None
    assert full.floor == 0
    assert max(rule.value for rule in full.rules) == 1
