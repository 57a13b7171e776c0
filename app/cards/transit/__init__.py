"""TransIT, the processor of TSYS: XML in strict order over HTTP, as far as public clients tell it."""
