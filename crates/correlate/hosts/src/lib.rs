//! Host records: what each address was seen doing, folded from events in any order.
