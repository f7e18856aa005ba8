"""What shall follow a fact: steps, waits, conditions. The four scenarios of visits are data in `catalogue.py`."""
