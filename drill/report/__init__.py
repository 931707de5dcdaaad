"""What the drill proved, as JSON for machines and one HTML page for people."""
