"""What can happen to the two regions, one scenario a file, each with its bound in its sentence."""
