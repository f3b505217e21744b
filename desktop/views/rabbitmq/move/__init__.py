"""Moving messages, and sending dead-lettered ones back."""
