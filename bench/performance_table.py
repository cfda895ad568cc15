"""The measured rows, and how a page writes numbers."""
import math


class Table:
    """Rows of measurements.csv, found by what they have in common."""

    def __init__(self, rows):
        self.rows = rows

    def find(self, **wanted):
        """Rows whose columns are as wanted (compared as text)."""
        return [row for row in self.rows
                if all(row[name] == str(value) for name, value in wanted.items())]

    def value(self, **wanted):
        """The one number of that description; NaN when it was not measured."""
        found = self.find(**wanted)
        return float(found[0]["value"]) if found else math.nan

    def text(self, quantity):
        found = self.find(measure="session", quantity=quantity)
        return found[0]["kind"] if found else "unknown"

    def values_of(self, column, **wanted):
        """Different values of a column in the order of their appearance."""
        return list(dict.fromkeys(row[column] for row in self.find(**wanted)))


def number(value, digits=3):
    """A number as people read it; a dash when it was not measured."""
    if math.isnan(value):
        return "-"
    if value == 0:
        return "0"
    decimals = digits - 1 - math.floor(math.log10(abs(value)))
    return f"{round(value, decimals):.{max(0, decimals)}f}"


def count(value):
    """A number of things."""
    return "-" if math.isnan(value) else f"{value:.0f}"


def milliseconds(value):
    return number(1e3 * value)


def percent(value):
    return "-" if math.isnan(value) else f"{100 * value:.0f} %"


def markdown(head, rows):
    """A table in Markdown."""
    lines = ["| " + " | ".join(head) + " |", "|" + " --- |" * len(head)]
    lines += ["| " + " | ".join(map(str, row)) + " |" for row in rows]
    return "\n".join(lines)
