import { after } from 'node:test'
import { closeCompiler } from 'router-sdk/compile'
import { BOMBS, bombed, bombedNeighbours } from '../compile/bombs.ts'

after(() => closeCompiler())
bombed(Object.keys(BOMBS))
bombedNeighbours(24)
