import { describe } from 'node:test'
import { createEpollTransport } from '../../src/transport/epoll/epoll.ts'
import { theSystem } from '../../src/transport/system-calls.ts'
import { transportContract } from './transport.contract.ts'

const system = theSystem()
const skip = system instanceof Error && system.message

describe('the epoll transport', { skip }, () => transportContract(() => createEpollTransport()))
