import { asked } from './suite.ts'

// What ends in a clean error, however busy the machine: the isolate lives, and nobody gets a strike.
asked(['errors'], { limits: { decisionTime: 200 }, router: { decisionDeadline: 2000 } })
