"""Applications with the connection pools that people use, in processes of their own."""
