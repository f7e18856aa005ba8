"""What every channel and every medical system must be able to do, as types, and the suites that check it.

Edges import this room and `foundation`, and nothing else of the house.
"""
