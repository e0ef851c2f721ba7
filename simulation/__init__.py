"""A made-up world that lives by the real verbs: people to click through in the demo, actors for the
simulation.
"""
