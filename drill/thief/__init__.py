"""Every identity of the system in a thief's hands, against the embedded AWS with IAM enforced."""
