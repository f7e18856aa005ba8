"""Who of the staff is told of calls and troubles in which messenger."""
