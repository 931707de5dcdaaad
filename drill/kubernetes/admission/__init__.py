"""What CloudNativePG's and the plugin's webhooks refuse."""
