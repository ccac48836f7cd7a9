import { asked } from './suite.ts'

asked(['memory'])
