#!/bin/sh
# esbuild with bounds. A source that nests too deeply makes it grow to a gigabyte before it dies with pages of goroutines:
# this way it dies early, and says nothing. The name of the real program comes from bundle.ts.
ulimit -c 0
ulimit -v 1500000
exec "$ROUTER_SDK_ESBUILD" "$@" 2>/dev/null
