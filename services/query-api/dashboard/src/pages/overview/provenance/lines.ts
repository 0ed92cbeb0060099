/** The tasks behind a submission's figures, and how they add up. Pure. */
import type { ModelDetail } from "../../../api/client.ts";
import { compact, count, duration, money, percent } from "../../../lib/format.ts";
import type { Order } from "../../../lib/sorting.ts";
import { cells, type TaskState } from "../../../lib/tasks.ts";

/** One task of the set: what all attempts together came to and took, or one of them. */
export interface Line {
  id: string;
  state: TaskState;
  /** Of 1: what the task adds to the score. */
  share: number;
  solved: number | null;
  pairs: number | null;
  cost: number | null;
  tokens: number | null;
  time: number | null;
  path: string | null;
  blobOid: string | null;
  hubUrl: string | null;
}

export const ORDERS = {
  task: { name: "Task", up: true, value: ({ id }) => id },
  share: { name: "Counts", up: false, value: ({ share, state }) => (state === "missing" ? -1 : share) },
  pairs: { name: "Pairs", up: false, value: ({ solved }) => solved },
  cost: { name: "Cost", up: false, value: ({ cost }) => cost },
  tokens: { name: "Tokens", up: false, value: ({ tokens }) => tokens },
  time: { name: "Time", up: false, value: ({ time }) => time },
  file: { name: "File", up: true, value: ({ path }) => path },
} satisfies Record<string, Order<Line>>;

export type Origin = keyof typeof ORDERS;

type Numbers = readonly (number | null | undefined)[];

/** The sum of what is known; null where nothing is. */
function total(numbers: Numbers): number | null {
  const known = numbers.filter((each) => each != null);
  return known.length === 0 ? null : known.reduce((sum, each) => sum + each, 0);
}

function stateOf(solved: number, pairs: number): TaskState {
  if (solved >= pairs) return "correct";
  return solved > 0 ? "partial" : "incorrect";
}

/** A line for each task of the set. `attempt` counts from 0; null: all attempts together. */
export function linesOf(detail: ModelDetail, attempt: number | null): Line[] {
  const rows = new Map(detail.tasks.map((each) => [each.puzzleId, each]));
  return cells(detail).map(({ id }): Line => {
    const row = rows.get(id);
    const said = attempt === null ? (row?.attempts ?? []) : [row?.attempts?.[attempt]];
    const solved = attempt === null ? row?.pairsSolved : said[0]?.pairsSolved;
    const { pairsTotal: pairs = null, path = null, blobOid = null, hubUrl = null } = row ?? {};
    return {
      id,
      state: solved === undefined || pairs === null ? "missing" : stateOf(solved, pairs),
      share: solved === undefined || !pairs ? 0 : solved / pairs,
      solved: solved ?? null,
      pairs,
      cost: total(said.map((each) => each?.cost)),
      tokens: total(said.map((each) => each?.tokens)),
      time: total(said.map((each) => each?.timeMs)),
      path,
      blobOid,
      hubUrl,
    };
  });
}

/** How the lines add up to the figure that was asked for. */
export function sumOf(lines: readonly Line[], origin: Origin, detail: ModelDetail, who: string): string {
  const add = (key: "share" | "solved" | "cost" | "tokens" | "time") =>
    total(lines.map((each) => each[key])) ?? 0;
  const { tasksTotal, tasksSubmitted, pairsTotal } = detail;
  switch (origin) {
    case "pairs":
      return `${who}: ${count(add("solved"))} of the set's ${count(pairsTotal)} test pairs right, ${percent(pairsTotal ? add("solved") / pairsTotal : null)}.`;
    case "cost":
      return `${who}: the costs that the files name add up to ${money(add("cost"))}.`;
    case "tokens":
      return `${who}: the tokens that the files name add up to ${count(add("tokens"))} (${compact(add("tokens"))}).`;
    case "time":
      return `${who}: the times that the files name add up to ${duration(add("time"))}.`;
    default: {
      const sum = add("share");
      const whole = lines.filter(({ state }) => state === "correct").length;
      const points = sum.toLocaleString("en", { maximumFractionDigits: 2 });
      return (
        `${who}: each task counts by its share of pairs solved; ${count(whole)} are solved whole. The sum, ${points}, ` +
        `is ${percent(tasksTotal ? sum / tasksTotal : null)} of the ${count(tasksTotal)} tasks of the set and ` +
        `${percent(tasksSubmitted ? sum / tasksSubmitted : null)} of the ${count(tasksSubmitted)} submitted.`
      );
    }
  }
}
