"""What the drill measured, as JSON for machines and one HTML page for people."""
