"""API keys: how programs of others come in, each as its owner and with no more than it was given."""
