import { asked } from './suite.ts'

// What is answered: refused by what checks it, or what it leads to, or served and no harm to anybody.
asked(['answers', 'harmless', 'reach'], { limits: { decisionTime: 200 }, router: { decisionDeadline: 2000 } })
