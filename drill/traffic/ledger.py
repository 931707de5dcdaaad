"""The rows that the drill writes: numbered, and each with a checksum of its content."""

import hashlib
from dataclasses import dataclass

CREATE = """
CREATE TABLE IF NOT EXISTS ledger (
  run text NOT NULL,
  number bigint NOT NULL,
  payload text NOT NULL,
  checksum text NOT NULL,
  written_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  PRIMARY KEY (run, number)
)
"""
INSERT = "INSERT INTO ledger (run, number, payload, checksum) VALUES (%s, %s, %s, %s)"
SELECT = "SELECT number, payload, checksum FROM ledger WHERE run = %s"


@dataclass(frozen=True, kw_only=True)
class Row:
    """One row of one run of the writer."""

    run: str
    number: int

    @property
    def payload(self) -> str:
        """Content that nobody could guess from the number alone."""
        return f"{self.run}/{self.number}/" + hashlib.sha256(self.run.encode()).hexdigest()

    @property
    def checksum(self) -> str:
        """Of the payload."""
        return checksum(self.payload)

    @property
    def values(self) -> tuple[str, int, str, str]:
        """The parameters of `INSERT`."""
        return self.run, self.number, self.payload, self.checksum


def checksum(payload: str) -> str:
    """The checksum of a payload, as stored beside it."""
    return hashlib.sha256(payload.encode()).hexdigest()
