"""The one shape of every figure that `make bench` prints."""

import json
from dataclasses import asdict, dataclass


@dataclass(frozen=True, slots=True)
class Result:
    """A measured figure and what it was compared with in the same run."""

    name: str
    value: float
    unit: str
    against: str

    def to_json(self) -> str:
        """Answer the figure as one line."""
        return json.dumps(asdict(self), ensure_ascii=False)
