// outcome: R – a default export that is a function
// says: /default export/
// @ts-nocheck
import { defineRouter } from 'router-sdk'

export default () => ({ close: true })
