-- An edit was taken by the gateway: the message it names now says this.
UPDATE delivery_delivery shown
SET edited_text = edit.body ->> 'text'
FROM delivery_delivery edit
WHERE edit.id = ANY (%(ids)s::bigint[]) AND edit.op = 'edit' AND edit.state = 'settled' AND edit.signal = 'accepted'
  AND shown.account_id = edit.account_id AND shown.provider_id = edit.body ->> 'target' AND shown.op = 'send'
