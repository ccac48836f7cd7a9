import { asked } from '../hostile/suite.ts'

// What the isolate's own time limit stops. The deadline of the process stays out of the way, however busy the machine.
asked(['loops'], { router: { decisionDeadline: 2000 } })
