"""Tells the staff in their own messengers: a call task, an alarm about a channel, a conversation given to somebody; and
acts on their buttons. Called by the journal's facts and, for the delivery's share, by the workers' clock."""
