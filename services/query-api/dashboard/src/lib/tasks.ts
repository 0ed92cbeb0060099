/** What became of each task of a submission. */

export type TaskState = "correct" | "partial" | "incorrect" | "missing";

export interface TaskCell {
  id: string;
  state: TaskState;
  pairsSolved: number;
  pairsTotal: number;
}

interface Result {
  puzzleId: string;
  pairsTotal: number;
  pairsSolved: number;
}

export function stateOf(result: Result | undefined): TaskState {
  if (!result) return "missing";
  if (result.pairsSolved >= result.pairsTotal) return "correct";
  return result.pairsSolved > 0 ? "partial" : "incorrect";
}

/** One cell per task of the set, in the order of the ids. */
export function cells({
  tasks,
  notAttempted,
}: {
  tasks: readonly Result[];
  notAttempted: readonly string[];
}): TaskCell[] {
  const missing = notAttempted.map((id) => ({
    id,
    state: stateOf(undefined),
    pairsSolved: 0,
    pairsTotal: 0,
  }));
  const known = tasks.map((each) => ({
    id: each.puzzleId,
    state: stateOf(each),
    pairsSolved: each.pairsSolved,
    pairsTotal: each.pairsTotal,
  }));
  return [...known, ...missing].sort((one, other) => (one.id < other.id ? -1 : 1));
}

export function tally(found: readonly TaskCell[]): Record<TaskState, number> {
  const sums = { correct: 0, partial: 0, incorrect: 0, missing: 0 };
  for (const each of found) sums[each.state] += 1;
  return sums;
}

export const DUELS = ["both", "first", "second", "neither"] as const;
export type Duel = (typeof DUELS)[number];

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
