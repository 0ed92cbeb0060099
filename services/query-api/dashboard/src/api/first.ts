/** What the overview shows at first comes in one request: whoever asks for a part of it meanwhile waits for that. */
import type { QueryClient } from "@tanstack/react-query";

import { fetchLatest, latestKey } from "../hooks/useLatestHFModel.ts";
import { BASE } from "../lib/base.ts";
import { ApiError, api, type Schemas, unwrap } from "./client.ts";

type Page = Schemas["ModelPageAnswer"];

let first: Promise<Page | null> | null = null;

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
  void asked.catch(() => null).finally(() => (first = null));
  const queryFn = () => fromFirst(latestOf, () => fetchLatest({ baseUrl: BASE }));
  void client.query({ queryKey: latestKey({ baseUrl: BASE }), queryFn }).catch(() => null);
}

/** An address may name what is not there: its parts say what. Where nobody answers, asking again at once is no use. */
function refused(error: unknown): null {
  if (error instanceof ApiError && error.status >= 400) return null;
  throw error;
}

function latestOf({ data, success = true, stale = false, asOf = null }: Page) {
  return { data: data.latest, success, stale, asOf };
}

/** Returns a part of the first page while that is on its way, and where it has no such part, what `ask` brings. */
export async function fromFirst<Part>(
  part: (page: Page) => Part | null | undefined,
  ask: () => Promise<Part>,
): Promise<Part> {
  const page = await first;
  return (page && part(page)) ?? ask();
}
