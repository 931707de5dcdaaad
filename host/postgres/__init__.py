"""What PostgreSQL itself says, by psql in its pod."""
