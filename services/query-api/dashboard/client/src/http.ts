/** Requests with a deadline, and errors that say what the server says. */

export class ApiError extends Error {
  readonly status: number;
  /** How long the server asks us to wait. */
  readonly retryAfterSeconds: number | null;

  constructor(status: number, message: string, retryAfterSeconds: number | null = null) {
    super(message);
    this.name = "ApiError";
    this.status = status;
    this.retryAfterSeconds = retryAfterSeconds;
  }
}

// Long enough for a listing of the Hub, which the server itself asks for; a server that hangs answers never.
const DEADLINE_MS = 20_000;

/** Fetches with a deadline, besides the signal of who asks. */
export function fetchInTime(input: RequestInfo | URL, init: RequestInit = {}): Promise<Response> {
  const asked = init.signal ?? (input instanceof Request ? input.signal : undefined);
  const late = AbortSignal.timeout(DEADLINE_MS);
  return fetch(input, { ...init, signal: asked ? AbortSignal.any([asked, late]) : late });
}

function isLate(error: unknown): boolean {
  return error instanceof DOMException && error.name === "TimeoutError";
}

interface Outcome<T> {
  data?: T;
  error?: unknown;
  response: Response;
}

/** Returns an answer's body, or throws an ApiError with what the problem document says. */
export async function unwrap<T>(request: Promise<Outcome<T>>): Promise<T> {
  const { data, error, response } = await request.catch((reason: unknown) => {
    throw isLate(reason)
      ? new ApiError(0, `The server has not answered for ${DEADLINE_MS / 1000} s.`)
      : reason;
  });
  if (data !== undefined && response.ok) return data;
  const detail = error && typeof error === "object" && "detail" in error ? String(error.detail) : "";
  const wait = Number(response.headers.get("Retry-After"));
  throw new ApiError(response.status, detail || `The server answers ${response.status}.`, wait || null);
}
