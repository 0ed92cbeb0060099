/** Has answers asked for again, and those that are still on their way, too: they may be from before what happened. */
import type { Query, QueryClient, QueryFilters } from "@tanstack/react-query";

const late = new WeakSet<Query>();

/** A query without data takes no notice of being invalidated while it is asked for the first time. */
export function invalidate(client: QueryClient, filters: QueryFilters = {}): void {
  const early = client
    .getQueryCache()
    .findAll(filters)
    .filter((query) => query.state.data === undefined && query.state.fetchStatus !== "idle");
  void client.invalidateQueries(filters);
  for (const query of early) void askAgain(client, query);
}

async function askAgain(client: QueryClient, query: Query): Promise<void> {
  if (late.has(query)) return;
  late.add(query);
  await query.promise?.catch(() => null);
  late.delete(query);
  await client.invalidateQueries({ queryKey: query.queryKey, exact: true });
}
