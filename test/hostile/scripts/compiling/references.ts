// outcome: R – triple-slash references to files of the machine
import { defineRouter } from 'router-sdk'

/// <reference path="/etc/passwd" />
/// <reference types="node" />
const fs: typeof import("node:fs") = 1
fs

export default defineRouter({
  route: (conn) => (conn.text === '' ? { noop: true } : { close: 'answered' }),
})
