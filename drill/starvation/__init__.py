"""Whether this machine gave the drill what its time bounds presuppose."""
