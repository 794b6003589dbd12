"""The service: HTTP, PostgreSQL, reports. Start reading at `app.py`, then one noun, top to bottom."""
