"""Every operation of the service as a method; `operations.json` and the types in `operations.pyi` are generated.

Both follow from the description of the interface: `python -m tests.test_openapi` writes them with it.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec

from service.calls import Operation

TABLE: dict[str, Operation] = msgspec.json.decode(
    Path(__file__).with_suffix(".json").read_bytes(), type=dict[str, Operation]
)


class Operations:
    """Each operation by its name; ids stand in the order of the path, then the body, the rest by name."""

    def __getattr__(self, name: str) -> Callable[..., Any]:
        """The operation of this name, bound to `send`, which a client gives it."""
        if name not in TABLE:
            raise AttributeError(f"The service has no operation {name!r}.")
        operation = TABLE[name]
        positional = [part[1:-1] for part in operation.path.split("/") if part.startswith("{")]
        if operation.bodies:
            positional.append("body")

        def call(*args: Any, **given: Any) -> Any:
            if len(args) > len(positional):
                raise TypeError(f"{name} takes {', '.join(positional) or 'nothing'} by place")
            return self.send(operation, dict(zip(positional, args, strict=False)) | given)

        call.__name__ = name
        return call

    def send(self, operation: Operation, given: dict[str, Any]) -> Any:
        """Send an operation with its arguments."""
        raise NotImplementedError


AsyncOperations = Operations
