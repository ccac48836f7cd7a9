import { after, describe } from 'node:test'
import { DirectSandbox } from '../../sdk/src/sandbox/direct-sandbox.ts'
import { removeHostProgram, WatchedSandbox } from '../sandbox/sandboxes.ts'
import { sandboxContract } from './sandbox.contract.ts'

after(removeHostProgram)

describe('the direct sandbox', () => sandboxContract(async () => new DirectSandbox()))
describe('the process sandbox', () => sandboxContract(async () => (await WatchedSandbox.start()).sandbox))
