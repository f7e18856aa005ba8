"""The live pages: one stream of events to each, which says what has changed of that what the page shows. The lines come
from `journal/bell.py`; `hub.py` hands them to the pages of this process, `page.py` keeps what one page is to be told,
`entrance.py` asks the guard what it may be told of, `lookers.py` tells colleagues who has a thread open."""
