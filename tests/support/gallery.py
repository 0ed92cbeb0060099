"""What the pictures of the README and of docs/gallery.md show, and where they are."""

from dataclasses import dataclass
from pathlib import Path

from tests.support.browser import Theme
from tests.support.submissions import V2, tasks

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "docs" / "pictures"
WIDE, HIGH = 1280, 860


@dataclass(frozen=True)
class Picture:
    """One page of the dashboard, with words that it shows once it is complete."""

    name: str
    path: str
    words: str
    title: str
    about: str
    height: int = HIGH
    below: str = ""
    """The heading up to which the page is scrolled."""
    themes: tuple[Theme, ...] = ("light",)

    def file(self, theme: Theme) -> Path:
        """Return where it is kept."""
        return FOLDER / f"{self.name}-{theme}.webp"


MODEL = "claude-opus-4-5-20251101-thinking-32k"
RIVAL = "gpt-5-2-2025-12-11-thinking-high"
TASK = tasks()[7].id

PICTURES = (
    Picture(
        "overview",
        "/",
        "95%:",
        "Overview",
        "The latest model, with what it solved, and any other one below it.",
        themes=("light", "dark"),
    ),
    Picture(
        "leaderboard",
        "/models",
        "All submissions",
        "Leaderboard",
        "Scores against costs, landings, and every submission of a task set with its rank and interval.",
    ),
    Picture(
        "model",
        f"/?dataset={V2}&model={MODEL}&compare={V2}/{RIVAL}",
        "Only ",
        "A model",
        "One submission closely, here beside another one, task by task.",
        below="Side by side.",
    ),
    Picture("tasks", "/tasks?set=ARC2-Eval", "All tasks", "Tasks", "Which task is solved by whom, the easiest first."),
    Picture(
        "answers",
        f"/tasks/{TASK}?set=ARC2-Eval",
        "Cheapest solve",
        "A task",
        "What every model answered to it, who solved it first, and for how much.",
    ),
    Picture(
        "task",
        f"/?dataset={V2}&model={MODEL}&task={TASK}",
        "Expected",
        "An answer",
        "What a model answered to a task, where it differs, and the file on the Hub that says so.",
    ),
    Picture(
        "provenance",
        f"/?dataset={V2}&model={MODEL}&from=cost",
        "the costs that the files name",
        "Where a figure comes from",
        "Each figure leads to the tasks and files behind it.",
    ),
    Picture(
        "ingestion",
        "/ingestion",
        "Next scheduled sync",
        "Ingestion",
        "The schedule, who is at work, the Hub's folders, and every run.",
        height=1100,
    ),
)
