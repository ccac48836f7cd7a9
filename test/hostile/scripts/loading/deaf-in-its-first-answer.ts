// outcome: R – answering the first question with what does not end
// says: /first question|lost/
// @ts-nocheck
import { defineRouter } from 'router-sdk'

export default defineRouter({ route: (conn) => { if (conn.text === '') [].indexOf.call({ length: 2 ** 53 - 1 }, 1); return { close: 'answered' } } })
