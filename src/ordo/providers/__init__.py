"""Adapters to outside parties. They get and return frozen values: no record, no database."""
