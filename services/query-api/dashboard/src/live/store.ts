/** State that belongs to no answer of the API: the connection, running ingestions, the notice, the pause. */
import { create } from "zustand";

import type { Running } from "./cache.ts";
import { see, useKept } from "./kept.ts";
import { type News, type Notice, summed } from "./notices.ts";

export interface LiveState {
  connection: "connecting" | "open" | "lost";
  lostAt: number | null;
  /** What the server last said of itself: it has lost its database or its bus. */
  stale: boolean;
  running: readonly Running[];
  /** Runs that ended while we listened: an answer that is a second old still calls them running. */
  ended: readonly number[];
  notice: Notice | null;
  /** The reader wants nothing to change. */
  paused: boolean;
  /** How much is known to have happened since. */
  missed: number;
  /** Whether there may be more: what happened during a break is not known. */
  missedMore: boolean;
}

const NOTICE_MS = 9_000;
const MOST_ENDED = 100;

export const useLive = create<LiveState>(() => ({
  connection: "connecting",
  lostAt: null,
  stale: false,
  running: [],
  ended: [],
  notice: null,
  paused: false,
  missed: 0,
  missedMore: false,
}));
export const { setState: change } = useLive;

export function pause(paused: boolean): void {
  change({ paused, missed: 0, missedMore: false });
}

let nextNotice = 1;
let leaving: ReturnType<typeof setTimeout> | undefined;

/** Says what happened, for a while, where notices are wanted. */
export function tell(news: News): void {
  if (useKept.getState().notices) toast(news);
}

/** Answers what the reader did. */
export function toast(news: News): void {
  change(({ notice }) => ({ notice: summed(notice, news, nextNotice++) }));
  clearTimeout(leaving);
  leaving = setTimeout(hush, NOTICE_MS);
}

function hush(): void {
  clearTimeout(leaving);
  leaving = undefined;
  change({ notice: null });
}

/** Takes the notice away; a failure that it told of was seen. */
export function dismiss(): void {
  const { notice } = useLive.getState();
  if (notice?.failure) see([notice.failure]);
  hush();
}

export function switchNotices(on: boolean): void {
  useKept.setState({ notices: on });
  if (!on) hush();
}

export function noteEnd(run: number | null): void {
  if (run !== null) change(({ ended }) => ({ ended: [...ended, run].slice(-MOST_ENDED) }));
}
