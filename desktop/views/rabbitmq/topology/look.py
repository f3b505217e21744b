"""How much of the picture can be read at a scale, and what is emphasised: the questions that painting asks."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from PySide6.QtGui import QFontMetricsF

from desktop.core.rabbitmq_graph import Kind, Node
from desktop.core.rabbitmq_layout import Text
from desktop.views.theme import CAPTION_PX, theme

DETAIL_FROM: Final = 0.72
"""The scale from which routing keys, types and words can be read."""
COUNTS_FROM: Final = 0.4
"""The scale from which there is room for a count beside the name."""
NAMES_FROM: Final = 0.3
"""The scale from which names can; below it a box is a mark, and its name comes with the pointer."""
LEAST_NAME_PX: Final = 9.5
"""On the screen."""
PAD_PX: Final = 12.0
SLACK: Final = 1.12
"""Names are written a little larger where the picture is a little smaller."""
TAKER_SLACK: Final = 1.6
"""An address that is cut tells nothing."""
COUNT_PX: Final = 48.0
WIDEST_PX: Final = 300.0
NARROWEST: Final = {Kind.EXCHANGE: 96.0, Kind.QUEUE: 140.0, Kind.CONSUMER: 72.0}
RATE_PX: Final = 62.0
FAINT: Final = 0.22


@dataclass(frozen=True, slots=True)
class Emphasis:
    """What stands out. Where something does, the rest is faint."""

    hovered: str = ""
    current: str = ""
    bright: frozenset[str] | None = None
    """Keys of the nodes that stand out; None where all are alike."""
    lit: frozenset[int] = frozenset()
    """Indexes of the edges that stand out."""
    found: frozenset[str] = frozenset()
    """Keys of the nodes that a search has found."""
    has_focus: bool = False

    def strength(self, *keys: str) -> float:
        """Answer how strongly something is painted that belongs to the nodes *keys*."""
        return 1.0 if self.bright is None or all(key in self.bright for key in keys) else FAINT


def name_px(scale: float) -> float:
    """Answer the size of names in the picture's own measure: on the screen they get no smaller than can be read."""
    return max(12.0, LEAST_NAME_PX / scale)


def node_width() -> Callable[[Node], float]:
    """Answer what measures a box for a node's words."""
    names, captions = QFontMetricsF(theme().mono_font()), QFontMetricsF(theme().font(CAPTION_PX))

    def width(node: Node) -> float:
        beside = COUNT_PX if node.kind is Kind.QUEUE else captions.horizontalAdvance(node.word) + 8
        slack = TAKER_SLACK if node.kind is Kind.CONSUMER else SLACK
        wanted = names.horizontalAdvance(node.title) * slack + beside + 2 * PAD_PX
        return float(round(min(max(wanted, NARROWEST[node.kind]), WIDEST_PX)))

    return width


def label_width() -> Text:
    """Answer what measures a routing key."""
    metrics = QFontMetricsF(theme().mono_font(CAPTION_PX))
    return lambda text: metrics.horizontalAdvance(text) + 4
