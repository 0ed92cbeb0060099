/** The latest model, kept up to date for as long as anything looks at it. */
import type { SharedLive } from "./shared.ts";
import type { LiveEvent } from "./live.ts";
import type { components } from "./schema.ts";

type Answer = components["schemas"]["LatestAnswer"];
export type LatestModel = components["schemas"]["LatestModel"];

export interface LatestState {
  /** Undefined before the first answer, null before the first ingestion. */
  latest: LatestModel | null | undefined;
  /** Why the last request failed; what was known before it stays. */
  error: Error | null;
  /** The server has lost its database or its bus; what it says is right as of `asOf`. */
  stale: boolean;
  asOf: string | null;
}

// Events tell what is new; asking is for when they do not get through, and for midnight, when "today" ends.
const EVERY_MS = 300_000;
const AGAIN_MS = 5_000;

export class LatestStore {
  private state: LatestState = { latest: undefined, error: null, stale: false, asOf: null };
  private readonly watchers = new Set<() => void>();
  private stopListening: (() => void) | undefined;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private isLoading = false;
  private again = false;
  private wasOpen = false;
  private readonly ask: () => Promise<Answer>;
  private readonly live: SharedLive;

  constructor(ask: () => Promise<Answer>, live: SharedLive) {
    this.ask = ask;
    this.live = live;
  }

  readonly watch = (changed: () => void): (() => void) => {
    const own = () => changed();
    this.watchers.add(own);
    if (!this.stopListening) {
      const stop = this.live.listen((event) => this.heard(event));
      const leave = this.live.watch(() => this.joined());
      this.stopListening = () => {
        stop();
        leave();
      };
      this.wasOpen = this.live.current().connection === "open";
      void this.load();
    }
    return () => {
      this.watchers.delete(own);
      if (this.watchers.size === 0) this.stop();
    };
  };

  readonly current = (): LatestState => this.state;

  private stop(): void {
    this.stopListening?.();
    this.stopListening = undefined;
    clearTimeout(this.timer);
  }

  private heard({ event, data }: LiveEvent): void {
    const turned = event === "ping" && data.stale !== this.state.stale;
    // A sync may have found that the latest one is gone upstream.
    if (turned || event === "ingested" || event === "sync" || event === "reset") void this.load();
  }

  /** What happened between an answer and the first moment of the connection is told by nobody. */
  private joined(): void {
    const isOpen = this.live.current().connection === "open";
    if (isOpen && !this.wasOpen) void this.load();
    this.wasOpen = isOpen;
  }

  /** Asks the server; what is wanted meanwhile is asked once, after that. */
  private async load(): Promise<void> {
    this.again = this.isLoading;
    if (this.isLoading) return;
    this.isLoading = true;
    clearTimeout(this.timer);
    try {
      const { data, stale, asOf } = await this.ask();
      this.change({ latest: data, stale: stale ?? false, asOf: asOf ?? null, error: null });
    } catch (error) {
      this.change({ error: error instanceof Error ? error : new Error(String(error)) });
    }
    this.isLoading = false;
    if (!this.stopListening) return;
    if (this.again) void this.load();
    else this.timer = setTimeout(() => void this.load(), this.state.error ? AGAIN_MS : EVERY_MS);
  }

  private change(changes: Partial<LatestState>): void {
    this.state = { ...this.state, ...changes };
    for (const changed of this.watchers) changed();
  }
}
