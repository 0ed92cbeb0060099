"""Git's protocol, version 2, as the Hub serves it: pkt-lines, commands, packs. Knows nothing of HTTP."""
