"""Which part of the picture is seen, and how large: a scale and an offset, with the rules of zooming."""

from typing import Final

from PySide6.QtCore import QPointF, QRectF, QSizeF

LEAST: Final = 0.05
MOST: Final = 2.5
LEAST_FIRST: Final = 0.4
"""A picture that would begin smaller than this begins at its top left instead, in a scale at which it can be read."""
MARGIN_PX: Final = 16.0
STEP: Final = 1.2


class Camera:
    """``screen = scene * scale + offset``."""

    def __init__(self) -> None:
        self.scale = 1.0
        self.offset = QPointF(MARGIN_PX, MARGIN_PX)
        self.is_own = False
        """The user has chosen what is seen; until then it follows the picture and the window."""

    def to_scene(self, point: QPointF) -> QPointF:
        """Answer where a point of the screen is in the picture."""
        return (point - self.offset) * (1.0 / self.scale)

    def to_screen(self, point: QPointF) -> QPointF:
        """Answer where a point of the picture is on the screen."""
        return point * self.scale + self.offset

    def rect_to_screen(self, rect: QRectF) -> QRectF:
        """Answer where a rectangle of the picture is on the screen."""
        return QRectF(self.to_screen(rect.topLeft()), rect.size() * self.scale)

    def fit(self, scene: QSizeF, room: QSizeF, *, least: float = LEAST) -> None:
        """Show everything, in the middle, no larger than it is."""
        wide = (room.width() - 2 * MARGIN_PX) / max(scene.width(), 1)
        high = (room.height() - 2 * MARGIN_PX) / max(scene.height(), 1)
        self.scale = max(min(wide, high, 1.0), least)
        self.offset = QPointF(
            max(MARGIN_PX, (room.width() - scene.width() * self.scale) / 2),
            max(MARGIN_PX, (room.height() - scene.height() * self.scale) / 2),
        )
        self.is_own = False

    def zoom(self, factor: float, at: QPointF) -> None:
        """Show it larger or smaller; what is at the screen's *at* stays there."""
        fixed = self.to_scene(at)
        self.scale = min(max(self.scale * factor, LEAST), MOST)
        self.offset = at - fixed * self.scale
        self.is_own = True

    def pan(self, by: QPointF, scene: QSizeF, room: QSizeF) -> None:
        """Move it; a piece of it stays in sight."""
        moved = self.offset + by
        keep = 48.0
        self.offset = QPointF(
            min(max(moved.x(), keep - scene.width() * self.scale), room.width() - keep),
            min(max(moved.y(), keep - scene.height() * self.scale), room.height() - keep),
        )
        self.is_own = True

    def reveal(self, rect: QRectF, room: QSizeF) -> bool:
        """Move as little as brings *rect* into sight; False where it was."""
        seen = self.rect_to_screen(rect)
        dx = _push(seen.left(), seen.right(), room.width())
        dy = _push(seen.top(), seen.bottom(), room.height())
        self.offset += QPointF(dx, dy)
        return bool(dx or dy)


def _push(low: float, high: float, room: float) -> float:
    if high - low > room - 2 * MARGIN_PX or low < MARGIN_PX:
        return MARGIN_PX - low
    return min(0.0, room - MARGIN_PX - high)
