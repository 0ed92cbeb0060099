/** What the overview shows at first comes in one request: whoever asks for a part of it waits for that. */
import type { QueryClient } from "@tanstack/react-query";

import { fetchLatest, latestKey } from "../hooks/useLatestHFModel.ts";
import { BASE } from "../lib/base.ts";
import { ApiError, api, type Schemas, unwrap } from "./client.ts";
import { places } from "./place.ts";

type Page = Schemas["ModelPageAnswer"];

let first: Promise<Page | null> | null = null;
const taken = new WeakSet<object>();
// Some parts are asked for once the list of models is there, which may come later.
const KEPT_MS = 10_000;

/** Asks for the page that an address means. */
export function askFirst(client: QueryClient, search: string): void {
  const given = new URLSearchParams(search);
  const [dataset, model, compare] = ["dataset", "model", "compare"].map((name) => given.get(name));
  const query = {
    ...(dataset && model && { dataset }),
    ...(model && { model }),
    ...(model && compare && { compare }),
    latestDetail: true,
  };
  const asked = unwrap(api.GET("/api/pages/model", { params: { query } })).catch(refused);
  first = asked;
  void asked.catch(forgetFirst).finally(() => setTimeout(forgetFirst, KEPT_MS));
  const queryFn = () => fromFirst(latestOf, () => fetchLatest({ baseUrl: BASE, fetch: places.fetch }));
  void client.query({ queryKey: latestKey({ baseUrl: BASE }), queryFn }).catch(() => null);
}

/** Something happened: what the first page says may be from before it. */
export function forgetFirst(): null {
  return (first = null);
}

/** An address may name what is not there: its parts say what. Where nobody answers, asking again at once is no use. */
function refused(error: unknown): null {
  if (error instanceof ApiError && error.status >= 400) return null;
  throw error;
}

function latestOf({ data, success = true, stale = false, asOf = null }: Page) {
  return { data: data.latest, success, stale, asOf };
}

/** Returns a part of the first page, once; where it has no such part, and from then on, what `ask` brings. */
export async function fromFirst<Part extends object>(
  part: (page: Page) => Part | null | undefined,
  ask: () => Promise<Part>,
): Promise<Part> {
  const page = await first;
  const found = page && part(page);
  if (!found || taken.has(found)) return ask();
  taken.add(found);
  return found;
}
