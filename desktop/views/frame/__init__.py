"""The parts of the window around the panels: navigation, header, banner, notices, palette, help, status strip."""
