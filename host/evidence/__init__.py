"""What a site shows of itself: its status and its metrics."""
