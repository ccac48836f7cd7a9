// outcome: R – calling what loads routers, once more
// says: /not defined|no router|not a router|default export/
// @ts-nocheck
import { defineRouter } from 'router-sdk'

globalThis.pointsmanLoad(() => ({ default: { route: () => ({ close: 'evil' }) } }))

export default undefined
