/**
 * A statement that hears no time limit: a loop of 2^53 turns inside V8, which polls nothing and takes no memory. Only SIGKILL
 * ends it.
 */
export const DEAF = '[].indexOf.call({ length: 2 ** 53 - 1 }, 1)'
