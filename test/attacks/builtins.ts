import { asked } from '../hostile/suite.ts'

// What no time limit in the isolate stops: its host is killed.
asked(['builtins'])
