"""Celery: the app, the worker, the monitor and what is known of each task."""
