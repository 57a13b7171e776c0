"""Draws what became of the targets, for `make picture`, in an environment that has what this needs."""

import json
import sys
from pathlib import Path
from typing import Any

import matplotlib as mpl
from matplotlib import pyplot as plt
from matplotlib.axes import Axes

_REACHED, _BELOW, _MARK = "#2f7d5b", "#c8553d", "#222222"
_ROW = 0.32
Outcome = dict[str, Any]


def main(figures: Path, picture: Path) -> None:
    """Draw the ratios beside others, then what is to stay below a limit as a share of that."""
    mpl.rcParams.update({"svg.fonttype": "none", "svg.hashsalt": "figures", "font.size": 9})
    targets: list[Outcome] = json.loads(figures.read_text())["targets"]
    ratios = [each for each in targets if each["is_least"]]
    limits = [each for each in targets if not each["is_least"] and each["bound"]]
    drawing, parts = plt.subplots(
        2,
        1,
        figsize=(10, _ROW * (len(targets) + 6)),
        height_ratios=[len(ratios) + 1, len(limits) + 1],
        layout="constrained",
    )
    _draw_ratios(parts[0], ratios)
    _draw_limits(parts[1], limits)
    drawing.savefig(picture, metadata={"Date": None, "Creator": None})


def _draw_ratios(part: Axes, outcomes: list[Outcome]) -> None:
    _bars(part, outcomes, [each["measured"] for each in outcomes])
    part.set_xscale("log")
    part.xaxis.set_major_formatter("{x:g}")
    part.set_title("Ours beside others: times their speed; the mark is the target", loc="left")
    for place, each in enumerate(outcomes):
        _mark(part, place, each["bound"])


def _draw_limits(part: Axes, outcomes: list[Outcome]) -> None:
    _bars(part, outcomes, [each["measured"] / each["bound"] for each in outcomes])
    part.set_title("What is to stay below a limit: share of it", loc="left")
    for place in range(len(outcomes)):
        _mark(part, place, 1)


def _bars(part: Axes, outcomes: list[Outcome], lengths: list[float]) -> None:
    colours = [_REACHED if each["is_reached"] else _BELOW for each in outcomes]
    bars = part.barh([each["what"] for each in outcomes], lengths, color=colours, height=0.62)
    paper = {"facecolor": "white", "edgecolor": "none", "pad": 1.5}
    part.bar_label(bars, [_told(each) for each in outcomes], padding=6, bbox=paper)
    part.invert_yaxis()
    part.margins(x=0.12)
    part.spines[["top", "right"]].set_visible(False)


def _mark(part: Axes, place: int, bound: float) -> None:
    part.plot([bound, bound], [place - 0.4, place + 0.4], color=_MARK, linewidth=2)


def _told(outcome: Outcome) -> str:
    value = outcome["measured"]
    return f"{value:,.0f} {outcome['unit']}" if value >= 100 else f"{value:.3g} {outcome['unit']}"


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:]))
