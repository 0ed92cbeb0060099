/** What became of each task, from a submission's results and the task set's ids. */

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

/** One cell per task of the set, in the order of the ids; tasks without a result are missing. */
export function cells(results: readonly Result[], allIds: readonly string[]): TaskCell[] {
  const known = new Map(results.map((each) => [each.puzzleId, each]));
  const ids = [...new Set([...allIds, ...known.keys()])].sort();
  return ids.map((id) => {
    const result = known.get(id);
    return {
      id,
      state: stateOf(result),
      pairsSolved: result?.pairsSolved ?? 0,
      pairsTotal: result?.pairsTotal ?? 0,
    };
  });
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
