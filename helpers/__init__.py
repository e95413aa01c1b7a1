"""The small library that the report's notebooks import."""
