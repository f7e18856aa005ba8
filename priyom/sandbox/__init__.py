"""All emulators in one server, the phones' page, the demo clinic and the clock that can be turned.

Called by the command `priyom sandbox` (`server.run`) and by what prepares a start (`demo.load`); absent in production.
It records no facts of its own: what it does reaches the house through the gateways' doors, as real vendors would.
"""
