"""One measured number and what it should be."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Figure:
    what: str
    value: float
    unit: str
    wanted: float | None = None
    at_least: bool = True
    """Whether more is better."""

    @property
    def good(self) -> bool:
        if self.wanted is None:
            return True
        return self.value >= self.wanted if self.at_least else self.value <= self.wanted

    @property
    def wanted_text(self) -> str:
        if self.wanted is None:
            return ""
        return f"{'≥' if self.at_least else '≤'} {self.wanted:,.0f} {self.unit}"

    def as_json(self) -> dict[str, object]:
        return {
            "what": self.what,
            "value": self.value,
            "unit": self.unit,
            "wanted": self.wanted,
            "good": self.good,
        }
