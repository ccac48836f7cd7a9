/** What is the operator's to mend: its message is all that is said of it. */
export class OperatorMistake extends Error {}
