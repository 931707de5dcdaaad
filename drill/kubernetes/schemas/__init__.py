"""The schemas that objects are held to."""
