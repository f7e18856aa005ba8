"""Who works here: invitations, roles, branches, who is locked out, and the rule of the second step."""
