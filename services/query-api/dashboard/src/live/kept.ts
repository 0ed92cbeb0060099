/** What this browser keeps of its reader's wishes: notices or none, by which clock, and which failures were seen. */
import { create } from "zustand";
import { persist } from "zustand/middleware";

import { BASE } from "../lib/base.ts";
import type { Failure } from "./notices.ts";

export interface Kept {
  notices: boolean;
  /** Whether moments are told by the reader's own clock instead of UTC. */
  ownTime: boolean;
  seen: readonly string[];
  told: readonly Failure[];
}

const NAME = `arcwatch-calm${BASE}`;
const MOST_SEEN = 500;
const MOST_TOLD = 20;

export const useKept = create<Kept>()(
  persist((): Kept => ({ notices: true, ownTime: false, seen: [], told: [] }), { name: NAME }),
);

// What was seen in one tab was seen in all.
addEventListener("storage", ({ key }) => {
  if (key === NAME) void useKept.persist.rehydrate();
});

export function see(keys: readonly string[]): void {
  useKept.setState(({ seen }) => ({ seen: [...new Set([...seen, ...keys])].slice(-MOST_SEEN) }));
}

export function keepFailure(failure: Failure): void {
  useKept.setState(({ told }) => ({
    told: [...told.filter(({ key }) => key !== failure.key), failure].slice(-MOST_TOLD),
  }));
}
