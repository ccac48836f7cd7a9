import { OperatorMistake } from '../operator-mistake.ts'

/** The operator's mistake in the configuration: the message says where, what was found and what is allowed. */
export class ConfigError extends OperatorMistake {}
