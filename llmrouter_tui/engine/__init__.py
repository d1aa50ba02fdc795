"""The service itself: exchanges, residency, fleet, learning, and the bus they speak over. asyncio only."""
