"""Values and logic of the window, without Qt and without input and output."""
