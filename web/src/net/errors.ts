/** An answer of the server that is not a result. `code` is its table's; 0: no answer came at all. */
export class ApiError extends Error {
  readonly code: number;
  readonly field: string | undefined;
  readonly retry_ms: number | undefined;

  constructor(code: number, message: string, field?: string, retry_ms?: number) {
    super(message);
    this.name = "ApiError";
    this.code = code;
    this.field = field;
    this.retry_ms = retry_ms;
  }
}

/** What the page says for a code, where the server's own sentence is not the better one. */
export function errorWords(e: unknown): string {
  if (!(e instanceof ApiError)) return "Something did not work. Try again.";
  switch (e.code) {
    case 0:
      return "The server does not answer. Try again.";
    case 100:
    case 108:
      return "The server is busy. Try again.";
    case 101:
    case 109:
    case 110:
      return "You have been logged out. Drafts are kept.";
    case 103:
      return "You may not do this here.";
    case 111:
      return `Too many at once. Try again in ${Math.max(1, Math.ceil((e.retry_ms ?? 1000) / 1000))} s.`;
    default:
      return e.message;
  }
}
