//! Delivery to visit, with confidence and reasons.
