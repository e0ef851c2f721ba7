"""The customer's pages. A view gets the booking through access, reads a form, calls one verb, answers."""
