import { takeShortSlices } from 'router-sdk/own-process'
import { yieldOtherThreads } from 'router-sdk/process-files'

/** Of the threads that compile and collect garbage. */
const OTHERS_NICE = 5

/**
 * Connections wait for this thread alone. From now on it has the processor as soon as it has something to do, also where the
 * compiler of V8 has more.
 */
export function mainThreadFirst(): void {
  yieldOtherThreads(OTHERS_NICE)
  takeShortSlices()
}
