"""The same bids taken by FastAPI, pydantic and SQLAlchemy's async ORM, written as their manuals write: the peer."""
