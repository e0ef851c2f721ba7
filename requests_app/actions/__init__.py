"""Verbs that write a booking, one public function each; by noun: placing, assigning, visiting,
signing, changing.
"""
