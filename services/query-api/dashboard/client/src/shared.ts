/** One live connection for everything on a page that listens: opened by the first, closed after the last. */
import { type ConnectionState, type LiveConnection, type LiveEvent, openLive } from "./live.ts";

export interface LiveStatus {
  connection: ConnectionState;
  /** The server has lost its database or its bus: answers may lag behind. */
  stale: boolean;
}

export type Listener = (event: LiveEvent) => void;

// Between two pages of one app nobody listens for a moment.
const CLOSE_AFTER_MS = 1_000;

export class SharedLive {
  private status: LiveStatus = { connection: "connecting", stale: false };
  private readonly listeners = new Set<Listener>();
  private readonly watchers = new Set<() => void>();
  private connection: LiveConnection | undefined;
  private closing: ReturnType<typeof setTimeout> | undefined;
  private newest: string | null = null;
  private readonly baseUrl: string;

  constructor(baseUrl: string) {
    this.baseUrl = baseUrl;
  }

  /** Calls `listener` with each event, until what is returned is called. */
  listen(listener: Listener): () => void {
    // Apart from another one that listens by the same function.
    const own: Listener = (event) => listener(event);
    this.listeners.add(own);
    clearTimeout(this.closing);
    this.connection ??= openLive({
      baseUrl: this.baseUrl,
      onEvent: (event) => this.heard(event),
      onState: (connection) => this.change({ connection }),
    });
    return () => {
      this.listeners.delete(own);
      if (this.listeners.size === 0) this.closing = setTimeout(() => this.close(), CLOSE_AFTER_MS);
    };
  }

  /** Calls `changed` whenever the status is another one. */
  readonly watch = (changed: () => void): (() => void) => {
    const own = () => changed();
    this.watchers.add(own);
    return () => this.watchers.delete(own);
  };

  readonly current = (): LiveStatus => this.status;

  /** The place of the last event. */
  readonly place = (): string | null => this.newest;

  private heard(event: LiveEvent): void {
    if (event.event === "ping") this.change({ stale: event.data.stale });
    if (event.id) this.newest = event.id;
    for (const listener of this.listeners) {
      try {
        listener(event);
      } catch (error) {
        // The browser tells of it, and the others hear the event.
        setTimeout(() => {
          throw error;
        }, 0);
      }
    }
  }

  private change(changes: Partial<LiveStatus>): void {
    const next = { ...this.status, ...changes };
    if (next.connection === this.status.connection && next.stale === this.status.stale) return;
    this.status = next;
    for (const changed of this.watchers) changed();
  }

  private close(): void {
    this.connection?.close();
    this.connection = undefined;
  }
}
