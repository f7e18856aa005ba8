"""Who allowed what, over which channel, since when, with proof. `allows` is asked before every message.
Records ConsentChanged."""
