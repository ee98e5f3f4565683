"""Outside parties that are not there: for tests, demos and rehearsing failures."""
