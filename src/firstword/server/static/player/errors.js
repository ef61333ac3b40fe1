/** A server's refusal, an answer that broke off, or none; `code`, `param` and `status` are the error object's. */
export class SpeechError extends Error {
  name = 'SpeechError';

  /** @param {{message?: string, code?: string, param?: string}} told @param {number} [status] */
  constructor(told, status) {
    super(told.message ?? 'The server failed.');
    this.code = told.code;
    this.param = told.param;
    this.status = status;
  }
}

/** What came is not all. @param {string} why @returns {SpeechError} */
export function brokenOff(why) {
  return new SpeechError({ message: `The answer broke off before its end (${why}).`, code: 'broken_off' });
}

/** A request that came to nothing: browsers do not tell pages why. @returns {SpeechError} */
export function unreachable() {
  const message = 'The server does not answer, or the connection broke off: is it running, and in reach?';
  return new SpeechError({ message, code: 'unreachable' });
}

/** The error that a refusal's body tells. @param {Response} response */
export async function refusal(response) {
  const body = await response.json().catch(() => ({}));
  const told = body?.error ?? { message: `The server answered ${response.status}.` };
  return new SpeechError(told, response.status);
}
