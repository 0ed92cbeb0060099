/** State that belongs to no answer of the API: the connection, running ingestions, toasts. */
import { create } from "zustand";

import type { Running } from "./cache.ts";

export interface Toast {
  id: number;
  kind: "good" | "bad" | "plain";
  title: string;
  text?: string;
  href?: string;
}

export interface LiveState {
  connection: "connecting" | "open" | "lost";
  lostAt: number | null;
  /** What the server last said of itself: it has lost its database or its bus. */
  stale: boolean;
  running: readonly Running[];
  /** Runs that ended while we listened: an answer that is a second old still calls them running. */
  ended: readonly number[];
  toasts: readonly Toast[];
}

const TOAST_MS = 9_000;
const MOST_TOASTS = 3;
const MOST_ENDED = 100;

export const useLive = create<LiveState>(() => ({
  connection: "connecting",
  lostAt: null,
  stale: false,
  running: [],
  ended: [],
  toasts: [],
}));
export const { setState: change } = useLive;

let nextToast = 1;

export function toast(added: Omit<Toast, "id">): void {
  const id = nextToast++;
  change(({ toasts }) => ({ toasts: [...toasts, { ...added, id }].slice(-MOST_TOASTS) }));
  setTimeout(() => dismiss(id), TOAST_MS);
}

export function dismiss(id: number): void {
  change(({ toasts }) => ({ toasts: toasts.filter((each) => each.id !== id) }));
}

export function noteEnd(run: number | null): void {
  if (run !== null) change(({ ended }) => ({ ended: [...ended, run].slice(-MOST_ENDED) }));
}
