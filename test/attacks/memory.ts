import { asked } from '../hostile/suite.ts'

asked(['memory'])
