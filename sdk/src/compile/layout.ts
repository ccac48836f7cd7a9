import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

/**
 * Where the SDK's own files are. It runs from its TypeScript sources, or as the package that `npm run build` makes of them: the
 * same tree in JavaScript, beside it what is otherwise made of the sources when it is needed. No other module asks which.
 */
const HERE = dirname(fileURLToPath(import.meta.url))

/** The folder of the SDK's own modules. */
export const SDK_FOLDER: string = dirname(HERE)

/** The folder of what was made when the package was built; `undefined` for sources. */
export const PREBUILT: string | undefined = import.meta.url.endsWith('.ts') ? undefined : join(SDK_FOLDER, 'made')

/** The script that starts esbuild with limits. */
export const ESBUILD_WRAPPER: string = join(HERE, 'esbuild-bounded.sh')

/** The source of a sandbox host's program. */
export const HOST_SOURCE: string = join(SDK_FOLDER, 'sandbox', 'host.ts')
