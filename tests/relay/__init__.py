"""A third chat platform, as docs/platforms.md says how to write one: text and images over a small HTTP API."""
