"""Verbs that write a booking, one public function each; by noun: drafting, placing, assigning,
visiting, signing, changing.
"""
