/** What was asked for in this tab: requests by their ids, the newest first. */
import { create } from "zustand";

export interface Requested {
  id: string;
  model: string;
  /** False: the Hub could not be asked whether it has the folder. */
  verified: boolean;
}

export const useRequested = create<readonly Requested[]>(() => []);

/** Whether anything was asked for in this tab: a sync has no model yet. */
export const useHasAsked = create<boolean>(() => false);

export function noteAsked(): void {
  useHasAsked.setState(true, true);
}

export function follow(model: string, answer: { requestId: string; verified: boolean }): void {
  const added = { id: answer.requestId, model, verified: answer.verified };
  noteAsked();
  useRequested.setState((requests) => [added, ...requests], true);
}
