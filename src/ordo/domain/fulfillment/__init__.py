"""The fulfillment room: what a fulfillment order holds and which way it may go."""
