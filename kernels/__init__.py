"""Numeric operators by folder. Each operator has a contract (op.py), an oracle (reference.py) and a fast CPU twin (cpu.py)."""
