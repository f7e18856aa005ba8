"""Messages of which it is not known whether they arrived: what a person decides, and how the others ended."""
