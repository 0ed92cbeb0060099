/** What became of each task of a submission. */

import { short, TWO_NAMES } from "./clip.ts";
import { plural } from "./format.ts";

/** Where every model's answer to a task is shown; without a task set, of the one that it is in. */
export function taskHref(id: string, source?: string): string {
  return `/tasks/${encodeURIComponent(id)}${source ? `?${new URLSearchParams({ set: source })}` : ""}`;
}

/** Whether a text is a task's id, as ARC's sets spell them; a problem may be of a file that is of no task. */
export const isTaskId = (text: string): boolean => /^[0-9a-f]{8}$/.test(text);

export type TaskState = "correct" | "partial" | "incorrect" | "missing";

export interface TaskCell {
  id: string;
  state: TaskState;
  pairsSolved: number;
  pairsTotal: number;
}

interface Results {
  tasks: readonly { puzzleId: string; pairsTotal: number; pairsSolved: number }[];
  notAttempted: readonly string[];
}

/** One cell per task of the set, in the order of the ids. */
export function cells({ tasks, notAttempted }: Results): TaskCell[] {
  const missing = notAttempted.map((id) => ({
    id,
    state: "missing" as const,
    pairsSolved: 0,
    pairsTotal: 0,
  }));
  const known = tasks.map(({ puzzleId, pairsSolved, pairsTotal }): TaskCell => {
    const state = pairsSolved >= pairsTotal ? "correct" : pairsSolved > 0 ? "partial" : "incorrect";
    return { id: puzzleId, state, pairsSolved, pairsTotal };
  });
  return [...known, ...missing].sort((one, other) => (one.id < other.id ? -1 : 1));
}

export function tally(found: readonly TaskCell[]): Record<TaskState, number> {
  const sums = { correct: 0, partial: 0, incorrect: 0, missing: 0 };
  for (const each of found) sums[each.state] += 1;
  return sums;
}

/** What a paired test says of two models. */
export function difference(
  test: { sharedTasks: number; difference: number | null; pValue: number; distinguishable: boolean },
  ...names: [first: string, second: string]
): string {
  const [first = "", second = ""] = names.map((name) => short(name, TWO_NAMES));
  if (test.difference === null) return `${first} and ${second} share no answered task.`;
  const tasks = `on the ${plural(test.sharedTasks, "task")} that both answer`;
  const chance = test.pValue < 0.001 ? "p < 0.001" : `p = ${test.pValue.toFixed(3)}`;
  const points = `${(100 * Math.abs(test.difference)).toFixed(1)} points`;
  if (!test.distinguishable)
    return `${first} is not distinguishable from ${second}: ${points} apart ${tasks} (${chance}).`;
  const [better, worse] = test.difference > 0 ? [first, second] : [second, first];
  return `${better} is better than ${worse} by ${points} ${tasks} (${chance}).`;
}

export type Duel = "both" | "first" | "second" | "neither";

/** Who solved which task of two submissions to one task set. */
export function duel(
  first: readonly TaskCell[],
  second: readonly TaskCell[],
): { id: string; result: Duel }[] {
  const other = new Map(second.map((each) => [each.id, each.state]));
  return first.map(({ id, state }) => {
    const a = state === "correct";
    const b = other.get(id) === "correct";
    return { id, result: a ? (b ? "both" : "first") : b ? "second" : "neither" };
  });
}
