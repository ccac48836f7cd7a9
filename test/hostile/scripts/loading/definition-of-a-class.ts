// outcome: N – an instance of a class, with private names, as the definition
// @ts-nocheck
import { defineRouter } from 'router-sdk'

class Router {
  #answer = 'answered'
  route(conn) {
    return conn.text === '' ? { noop: true } : { close: this.#answer }
  }
}

export default defineRouter(new Router())
