"""The till connector: speaks only the public API."""
