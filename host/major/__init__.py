"""A major upgrade of PostgreSQL on the writer's site, in steps that can each be repeated."""
