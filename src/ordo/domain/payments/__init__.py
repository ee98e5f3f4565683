"""The payments room."""
