// outcome: R – a route that is a string
// says: /route is not a function/
// @ts-nocheck
import { defineRouter } from 'router-sdk'

export default { route: 'evil' }
