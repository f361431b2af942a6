"""pyinfra procedures: what has an order, as opposed to what a host is."""
