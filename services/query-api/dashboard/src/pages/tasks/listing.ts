/** Which tasks the table shows, in which order. Pure. */
import type { Task } from "./heatmap.ts";

/** What a column sorts by; without a value a task comes last. */
export const TASK_SORTS = {
  id: { name: "Task", of: ({ puzzleId }: Task) => puzzleId },
  difficulty: { name: "Solved by", of: ({ difficulty }: Task) => difficulty },
  first: { name: "First solved", of: ({ firstSolved }: Task) => firstSolved && Date.parse(firstSolved.at) },
  cost: { name: "Cheapest solve", of: ({ cheapestSolve }: Task) => cheapestSolve?.cost ?? null },
} as const satisfies Record<string, { name: string; of: (task: Task) => string | number | null }>;

export type TaskSort = keyof typeof TASK_SORTS;

/** Tasks by the part of models that solve them. */
export const SHARES = {
  none: {
    label: "Solved by none",
    holds: ({ solvedBy, answeredBy }: Task) => answeredBy > 0 && solvedBy === 0,
  },
  one: { label: "Solved by one", holds: ({ solvedBy }: Task) => solvedBy === 1 },
  some: {
    label: "Solved by some",
    holds: ({ solvedBy, answeredBy }: Task) => solvedBy > 0 && solvedBy < answeredBy,
  },
  all: {
    label: "Solved by all",
    holds: ({ solvedBy, answeredBy }: Task) => answeredBy > 0 && solvedBy === answeredBy,
  },
} as const satisfies Record<string, { label: string; holds: (task: Task) => boolean }>;

export type ShareName = keyof typeof SHARES;

interface Wanted {
  text: string;
  part: ShareName | "";
  sort: TaskSort;
  reversed: boolean;
}

/** Tasks whose id, or a solver's name, holds the text. The order of the set (by difficulty) is that of equals. */
export function shown(tasks: readonly Task[], { text, part, sort, reversed }: Wanted): Task[] {
  const word = text.toLowerCase();
  const found = tasks.filter(
    (task) =>
      (!part || SHARES[part].holds(task)) &&
      [task.puzzleId, task.firstSolved?.displayName, task.cheapestSolve?.displayName].some((each) =>
        each?.toLowerCase().includes(word),
      ),
  );
  const value = TASK_SORTS[sort].of;
  return found.toSorted((one, other) => compare(value(one), value(other), reversed));
}

function compare(one: string | number | null, other: string | number | null, reversed: boolean): number {
  if (one === null || other === null) return Number(one === null) - Number(other === null);
  const order = one < other ? -1 : Number(one > other);
  return reversed ? -order : order;
}
