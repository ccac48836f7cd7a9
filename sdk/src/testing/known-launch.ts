import { readFileSync } from 'node:fs'
import { hostname } from 'node:os'
import { kept } from '../compile/kept.ts'
import { DEFAULTS, ISOLATION_LAYERS } from '../limits.ts'
import { type DetectedLaunch, detectHostLaunch, repeatHostLaunch } from '../sandbox/launch.ts'

/** How hosts are started here: found out once, and then known until the machine is started again. */
export async function knownHostLaunch(): Promise<DetectedLaunch> {
  let detected: DetectedLaunch | undefined
  const { layers = '' } = await kept(`launch-${hostname()}-${process.getuid?.() ?? 0}-${bootId()}`, async () => {
    detected = await detectHostLaunch(DEFAULTS.launch)
    return { layers: detected.layers.join(' ') }
  })
  if (detected !== undefined) return detected
  const names = layers.split(' ')
  return repeatHostLaunch(
    DEFAULTS.launch,
    ISOLATION_LAYERS.filter((layer) => names.includes(layer)),
  )
}

function bootId(): string {
  try {
    return readFileSync('/proc/sys/kernel/random/boot_id', 'latin1').slice(0, 8)
  } catch {
    return 'any'
  }
}
