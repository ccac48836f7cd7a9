import { saved } from '../hostile/saved.ts'

// Among them what is refused only when the time for compiling or for type-checking is over.
saved('compiling')
