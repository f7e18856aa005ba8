"""The chat on the clinic's site, patients' side: the tag's script, the page in its frame, what that page asks of us.

The protocol of updates and messages is the channel's (`channels/webchat/README.md`); here is who may come and how
often, the proof of a phone number, the way on into a messenger, and the live stream.
"""
