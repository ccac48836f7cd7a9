// outcome: R | N – changing the types of everybody
import { defineRouter } from 'router-sdk'

declare global { interface Array<T> { evil: T } interface String { length: string } }
export const n: number = [1].evil

export default defineRouter({
  route: (conn) => (conn.text === '' ? { noop: true } : { close: 'answered' }),
})
