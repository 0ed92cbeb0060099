/** One live connection to /api/events: typed events, without gaps and without repeats. Knows no framework. */
import { isHeard } from "./places.ts";
import type { components } from "./schema.ts";

export type LiveEvent = components["schemas"]["LiveEvent"];
export type EventName = LiveEvent["event"];

/** `resting`: the page is hidden, and listens again once it is shown. */
export type ConnectionState = "connecting" | "open" | "lost" | "resting";

export interface LiveOptions {
  /** Where the query API is, without a slash at its end; the page's own host by default. */
  baseUrl?: string;
  onEvent: (event: LiveEvent) => void;
  onState?: (state: ConnectionState) => void;
  /** Of what happened during a break: "events" has them sent later, "reset" only says that some may be missing. */
  afterBreak?: "events" | "reset";
  /** Where to begin, once that is known: after the event that an answer names in `X-Event-Id`; null: now. */
  after?: Promise<string | null>;
}

export interface LiveConnection {
  close: () => void;
}

const NAMES: readonly EventName[] = ["ingested", "failed", "progress", "sync", "reset", "ping"];
const RETRY_MS = 5_000;
// A browser opens six connections to a server of HTTP/1.1: a seventh tab would wait for ever if all of them listened.
const REST_AFTER_MS = 10_000;
// The server pings every 10 seconds: a connection on which nothing came for so long is dead, or hangs with its server.
const SILENT_AFTER_MS = 25_000;

/** Listens while the page is shown: connects again where the browser does not, and after a rest. */
export function openLive(options: LiveOptions): LiveConnection {
  const connection = new Connection(options);
  connection.open();
  return connection;
}

class Connection implements LiveConnection {
  private source: EventSource | undefined;
  /** The place after which events are still to come. */
  private last: string | null = null;
  /** Something may have happened that was not heard. */
  private broken = false;
  private wasOpen = false;
  /** Whether it is known where to begin. */
  private ready = false;
  private closed = false;
  private readonly retry = timer(RETRY_MS, () => this.connect());
  private readonly resting = timer(REST_AFTER_MS, () => this.rest());
  /** The browser itself would wait for hours: the connection is open. */
  private readonly silence = timer(SILENT_AFTER_MS, () => this.silent());
  private readonly options: LiveOptions;

  constructor(options: LiveOptions) {
    this.options = options;
  }

  open(): void {
    this.tell("connecting");
    document.addEventListener("visibilitychange", this.seen);
    if (this.options.after) void this.options.after.then((place) => this.begin(place));
    else this.begin(null);
  }

  private begin(place: string | null): void {
    if (this.closed) return;
    this.last = place;
    this.ready = true;
    this.connect();
  }

  close(): void {
    this.closed = true;
    document.removeEventListener("visibilitychange", this.seen);
    for (const each of [this.retry, this.resting, this.silence]) each.stop();
    this.source?.close();
  }

  private readonly seen = (): void => {
    this.resting.stop();
    if (document.visibilityState === "visible") this.connect();
    else this.resting.start();
  };

  private connect(): void {
    if (!this.ready) return;
    if (this.source && this.source.readyState !== EventSource.CLOSED) return;
    this.source = new EventSource(this.address());
    this.source.onopen = () => this.opened();
    this.source.onerror = () => this.failed();
    for (const name of NAMES)
      this.source.addEventListener(name, (message: MessageEvent<string>) => this.heard(name, message));
    this.silence.start();
  }

  /** A new connection names the last event itself: only the browser's own second try does that in a header. */
  private address(): string {
    const place = this.resumes() ? `?lastEventId=${this.last}` : "";
    return `${this.options.baseUrl ?? ""}/api/events${place}`;
  }

  private resumes(): boolean {
    return this.last !== null && (this.options.afterBreak !== "reset" || !this.wasOpen);
  }

  private heard(name: EventName, { data, lastEventId }: MessageEvent<string>): void {
    this.silence.start();
    const hasPlace = name !== "progress" && name !== "ping";
    if (hasPlace && name !== "reset" && isHeard(lastEventId, this.last)) return;
    // Others repeat the id of the one before them, which is also told at the beginning.
    if (lastEventId) this.last = lastEventId;
    const id = hasPlace ? lastEventId : null;
    this.options.onEvent({ event: name, id, data: JSON.parse(data) as unknown } as LiveEvent);
  }

  private opened(): void {
    this.tell("open");
    this.silence.start();
    if (this.broken && !this.resumes()) this.reset();
    this.broken = false;
    this.wasOpen = true;
  }

  private reset(): void {
    const reason = "the connection was broken, and what happened meanwhile is not known";
    this.options.onEvent({ event: "reset", id: this.last ?? "", data: { reason } });
  }

  private silent(): void {
    this.source?.close();
    this.failed();
  }

  private failed(): void {
    this.broken = true;
    this.tell("lost");
    // A browser does not try again after an answer that is no stream.
    if (this.source?.readyState === EventSource.CLOSED) this.retry.start();
  }

  private rest(): void {
    this.retry.stop();
    this.silence.stop();
    this.source?.close();
    this.broken = true;
    this.tell("resting");
  }

  private tell(state: ConnectionState): void {
    this.options.onState?.(state);
  }
}

interface Timer {
  start: () => void;
  stop: () => void;
}

/** A timer that starts anew each time. */
function timer(ms: number, then: () => void): Timer {
  let running: ReturnType<typeof setTimeout> | undefined;
  const stop = () => clearTimeout(running);
  const start = () => {
    stop();
    running = setTimeout(then, ms);
  };
  return { start, stop };
}
