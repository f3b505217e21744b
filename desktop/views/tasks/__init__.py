"""The Tasks panel: every Celery task as it lives, and the form that sends another."""

from desktop.views.tasks.panel import build

__all__ = ["build"]
