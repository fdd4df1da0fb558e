/**
 * Errors that the person at the keyboard can do something about.
 */

/**
 * A mistake in what the user gave: a file, an option, a value.
 *
 * The command line prints `message` and `hint` as two lines, without a stack. Anything else that
 * is thrown is a defect of Brownout.
 */
export class UserError extends Error {
  /** Stable, kebab-case name of the mistake, for scripts. */
  readonly code: string;
  /** What to do about it, as one sentence. */
  readonly hint: string;

  constructor(code: string, message: string, hint: string, options?: ErrorOptions) {
    super(message, options);
    this.name = "UserError";
    this.code = code;
    this.hint = hint;
  }
}
