/** Says when what is shown may be behind the truth. */
import { useQuery } from "@tanstack/react-query";

import { modelsQuery } from "./api/queries.ts";
import { useNow } from "./hooks/useNow.ts";
import { ago } from "./lib/format.ts";
import { useLive } from "./live/store.ts";

export function Freshness() {
  const models = useQuery(modelsQuery());
  const connection = useLive((state) => state.connection);
  const lostAt = useLive((state) => state.lostAt);
  const now = useNow();
  const lost = connection === "lost" && lostAt !== null;
  const serverStale = models.data?.stale ?? false;
  const failing = models.isError || models.failureCount > 0;
  if (!lost && !serverStale && !failing) return null;
  const since = new Date(
    serverStale && models.data?.asOf ? models.data.asOf : (lostAt ?? models.dataUpdatedAt),
  );
  const why = serverStale
    ? "The server cannot reach its database or its bus."
    : "The server does not answer; this page tries again by itself.";
  return (
    <div
      role="status"
      data-testid="stale"
      className="bg-part-soft text-part mb-3 rounded-xl px-4 py-2.5 text-sm"
    >
      <strong className="font-semibold">This may be out of date.</strong> {why} Last heard of it{" "}
      {ago(since.toISOString(), now)}.
    </div>
  );
}
