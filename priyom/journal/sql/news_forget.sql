-- Everything told by transactions that had ended when `xmin` was the oldest one under way.
DELETE FROM journal_news WHERE xid < %(xmin)s::text::xid8
