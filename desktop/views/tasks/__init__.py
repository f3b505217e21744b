"""The Tasks panel: every Celery task as it lives, and the form that sends another."""
