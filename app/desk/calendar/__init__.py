"""The schedule: what people and resources are booked for, read here or by any calendar program."""
