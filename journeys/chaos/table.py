"""The table of a run: moments down, channels across, in each cell kills, messages lost, twice, and listed as doubts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from journeys.chaos.back import Story
from journeys.chaos.out import Result

FINE = ("kills", "fine", "listed")


def faults(result: Result) -> int:
    """How much is wrong."""
    return len(result.wrong) + len(result.broke)


def table(results: Sequence[Result]) -> str:
    """As text; every cell is `kills lost/twice listed`, `!n` where anything else is wrong."""
    moments = list(dict.fromkeys(moment for result in results for moment in result.cells))
    head = ["", *(result.channel for result in results)]
    rows = [[moment, *(_cell(result.cells.get(moment)) for result in results)] for moment in moments]
    sums = ["all", *(_cell(_sum(result)) for result in results)]
    lines = [head, *rows, sums]
    widths = [max(len(line[place]) for line in lines) for place in range(len(head))]
    words = ["  ".join(text.ljust(width) for text, width in zip(line, widths, strict=True)).rstrip() for line in lines]
    return "\n".join(["each cell: kills, messages lost / twice without a word, doubts listed", *words])


def _sum(result: Result) -> Counter[str]:
    found: Counter[str] = Counter()
    for cell in result.cells.values():
        found.update(cell)
    return found


def _cell(cell: Counter[str] | None) -> str:
    if cell is None:
        return "-"
    other = sum(times for word, times in cell.items() if word not in (*FINE, "lost", "twice"))
    return f"{cell['kills']}  {cell['lost']}/{cell['twice']}  {cell['listed']}" + (f" !{other}" if other else "")


def told(result: Result) -> str:
    """What is wrong, line by line, and what could not be struck."""
    lines = [f"  WRONG {strike}: {line}" for strike, line in result.wrong]
    lines += [f"  BROKE {strike}" for strike in result.broke]
    lines += [f"  missed {strike}" for strike in result.missed]
    return "\n".join([f"{result.channel}: {result.kills} kills, {len(result.missed)} missed", *lines])


def stories_told(stories: Sequence[Story]) -> str:
    """The ways back: kills by moment, and every visit whose story differs."""
    lines = []
    for story in stories:
        lines.append(f"{story.channel}, the way back: {story.kills} kills, {len(story.missed)} missed")
        lines += [f"  {moment}: {cell['kills']}" for moment, cell in story.cells.items()]
        lines += [f"  WRONG {what}" for what in story.wrong] + [f"  BROKE {strike}" for strike in story.broke]
    return "\n".join(lines)
