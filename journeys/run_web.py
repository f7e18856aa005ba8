"""`python -m journeys.run_web PORT`: a real web process that also knows the counting channels."""

from __future__ import annotations

import sys

import uvicorn

from journeys import counting

if __name__ == "__main__":
    counting.register()
    uvicorn.run("config.asgi:application", host="127.0.0.1", port=int(sys.argv[1]), log_level="warning", lifespan="off")
