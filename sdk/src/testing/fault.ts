/** Something beside a router that its author has to put right; the message says what, and where. */
export class Fault extends Error {}
