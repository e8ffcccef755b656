"""The engine for more machines than one, tested."""
