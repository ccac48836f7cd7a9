import { saved } from './saved.ts'

saved('loading')
