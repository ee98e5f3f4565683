"""The human face: pages for people. It shares its floor with `api`, and neither imports the other."""
