//! Address to prefix, AS, provider and country, at the event's time.
