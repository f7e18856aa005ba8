"""One attempt over one channel: enqueue, claim, attempt, settle. Also the channel accounts and the raw updates gateways
send. Records DeliverySettled, AccountHealthChanged."""
