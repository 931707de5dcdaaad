"""Where scenarios are played: one module per ground, each a `drill.ground.Ground`."""
