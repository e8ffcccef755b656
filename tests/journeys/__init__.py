"""Journeys: the real daemon as a process, on real files, ended in every way."""
