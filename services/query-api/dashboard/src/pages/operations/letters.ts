/** Dead letters: which are asked for, and what is done with them. */
import { queryOptions } from "@tanstack/react-query";

import { guarded, headers } from "../../api/admin.ts";
import { api, type Schemas, unwrap } from "../../api/client.ts";
import { keys } from "../../api/queries.ts";

export type DeadLetter = Schemas["DeadLetterRow"];
export type Verb = "replay" | "drop";
export interface Filter {
  service?: string;
  kind?: string;
  dataset?: string;
  search?: string;
  olderThanSeconds?: number;
}
/** Which are meant: by number, or all that fit. */
export type Wish = { sequences: number[] } | Filter;

export const PAGE = 20;
// So many at once: the page tells how far it is.
const BATCH = 50;
const MOST = 500;
const DAY = 86_400;
export const AGES: readonly [value: string, name: string][] = [
  [String(DAY / 24), "An hour or more ago"],
  [String(DAY), "A day or more ago"],
  [String(7 * DAY), "A week or more ago"],
];

export function filterOf(params: URLSearchParams): Filter {
  const said = (name: string) => params.get(name) ?? undefined;
  const age = Number(params.get("older"));
  const all = {
    service: said("service"),
    kind: said("kind"),
    dataset: said("dataset"),
    search: said("q"),
    olderThanSeconds: age > 0 ? age : undefined,
  };
  return Object.fromEntries(Object.entries(all).filter(([, value]) => value));
}

export const deadLettersQuery = (filter: Filter, page: number) =>
  queryOptions({
    queryKey: keys.deadLetters(filter, page),
    retry: false,
    queryFn: ({ signal }) => {
      const query = { ...filter, limit: PAGE, offset: (page - 1) * PAGE };
      return guarded(() =>
        unwrap(api.GET("/api/admin/dead-letters", { params: { query }, headers: headers(), signal })),
      );
    },
  });

type Body = Schemas["DeadLettersBody"];

function act(verb: Verb, body: Body) {
  const options = { body, headers: headers() };
  return guarded(() =>
    unwrap(
      verb === "replay"
        ? api.POST("/api/admin/dead-letters/replay", options)
        : api.POST("/api/admin/dead-letters/drop", options),
    ),
  );
}

/** Which it would be done with: nothing happens yet. */
export async function preview(verb: Verb, wish: Wish): Promise<DeadLetter[]> {
  const all = !("sequences" in wish) && Object.keys(wish).length === 0;
  const found: DeadLetter[] = [];
  for (;;) {
    const after = found.at(-1)?.sequence;
    const body = { ...wish, all, dryRun: true, limit: MOST, ...(after ? { after } : {}) };
    const answer = await act(verb, body);
    found.push(...answer.done);
    if (answer.remaining === 0 || answer.done.length === 0) return found;
  }
}

export interface Outcome {
  done: number;
  failed: Schemas["NotDone"][];
}

/** Does it with those that were shown, no later one; tells after each batch how far it is. */
export async function actOn(
  verb: Verb,
  sequences: readonly number[],
  tell: (outcome: Outcome) => void,
): Promise<Outcome> {
  let outcome: Outcome = { done: 0, failed: [] };
  for (let start = 0; start < sequences.length; start += BATCH) {
    const answer = await act(verb, { sequences: sequences.slice(start, start + BATCH) });
    outcome = { done: outcome.done + answer.done.length, failed: [...outcome.failed, ...answer.failed] };
    tell(outcome);
  }
  return outcome;
}
