"""One module or folder per panel, and the shared widgets."""
