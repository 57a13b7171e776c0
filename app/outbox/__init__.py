"""The outbox: letters that were posted with what caused them, each sent by whoever comes to it first."""
