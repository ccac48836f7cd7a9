// outcome: R – a getter that loops where route should be; row 51
// says: /still loading|default export/
// @ts-nocheck
import { defineRouter } from 'router-sdk'

export default { get route() { for (;;); } }
