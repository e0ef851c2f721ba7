"""The look of the admin (django-unfold): the house's colours, mark and words."""

UNFOLD = {}
