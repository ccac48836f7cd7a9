// outcome: R – answering the first question, of no bytes, with a loop
// says: /first question/
// @ts-nocheck
import { defineRouter } from 'router-sdk'

export default defineRouter({ route: (conn) => { if (conn.text === '') for (;;); return { close: 'answered' } } })
