/** What becomes of a task, as the API calls it, in words. */
import type { Schemas } from "../../api/client.ts";
import type { TaskState } from "../../lib/tasks.ts";

export type TaskAnswers = Schemas["TaskAnswers"];
export type AnswerOf = Schemas["AnswerOfSubmission"];
export type Result = NonNullable<AnswerOf["result"]>;

export const PAGE_SIZE = 24;

export const RESULTS: readonly (readonly [result: Result, name: string, state: TaskState])[] = [
  ["solved", "Solved", "correct"],
  ["partial", "Partly solved", "partial"],
  ["unsolved", "Not solved", "incorrect"],
  ["not_attempted", "Not attempted", "missing"],
];

export const COUNTS = {
  solved: "solved",
  partial: "partial",
  unsolved: "unsolved",
  not_attempted: "notAttempted",
} as const satisfies Record<Result, keyof TaskAnswers["results"]>;
