"""A second, independent implementation of the scoring rules: plain, slow, written from the rules' text alone.

It works with `fractions` and shares no line with the engine. It reads a case as JSON data and says what each bid earns;
where the two differ, one of them has misread the published rule. `comparison.py` puts them side by side, `tenders.py`
and `whole_rules.py` invent the cases.
"""
