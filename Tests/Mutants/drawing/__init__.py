"""Faults drawn from the platform's source: where they can be, which are drawn, how all stand in one build, and their trial."""
