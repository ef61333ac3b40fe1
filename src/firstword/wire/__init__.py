"""Every JSON and SSE shape on the wire, both directions. No I/O."""
