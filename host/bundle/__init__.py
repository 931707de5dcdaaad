"""What a machine is told to be: the bundle and its site document."""
