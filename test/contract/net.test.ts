import { describe } from 'node:test'
import { createNetTransport } from '../../src/transport/net.ts'
import { transportContract } from './transport.contract.ts'

describe('the net transport', () => transportContract(() => createNetTransport()))
