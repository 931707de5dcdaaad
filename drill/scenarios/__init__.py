"""What can happen to the two regions, one scenario per file, its bound in its sentence."""
