/** Requests with a deadline, and errors that say what the server says. */
import { isBefore } from "./places.ts";

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

// Mostly a replica lags by less than the first of these.
const AGAIN_MS = [250, 1_000, 3_000];

/** Asks again where a replica answers that does not know of the event at `heard` yet; at last takes what there is. */
export function caughtUp(ask: typeof fetchInTime, heard: () => string | null): typeof fetchInTime {
  return async (input, init) => {
    let answer = await ask(input, init);
    for (const wait of AGAIN_MS) {
      const [place, last] = [answer.headers.get("X-Event-Id"), heard()];
      if (place === null || last === null || !isBefore(place, last)) break;
      await new Promise((resolve) => setTimeout(resolve, wait));
      answer = await ask(input, init);
    }
    return answer;
  };
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
