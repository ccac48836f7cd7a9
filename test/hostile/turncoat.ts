import { DEAF } from './deaf.ts'

/** A router that answers `well` and what it was told, to whoever does not say `attack`. */
export const TURNCOAT: string = `// @ts-nocheck
import { defineRouter } from 'router-sdk'
export default defineRouter({
  route(conn) {
    if (conn.text === '') return { noop: true }
    if (conn.text === 'attack') return ${DEAF}
    return { close: 'well ' + conn.text }
  },
})
`
